// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * nested - main calls outer(4), which calls inner(), which calls itself down to inner(0); that
 * changes `watched` from 7 to 8 by one instruction. Ends with status 8: 2 * 4.
 */
#include "label.h"

int watched = 7;
const char text[] = "a text that is found in this program only";

int inner(int n);
int outer(int n);

int inner(int n)
{
	if (n)
		return inner(n - 1) + 1;
	watched++;
	LABEL(behind_change);
	return 0;
}

int outer(int n)
{
	int deep;

	LABEL(before_inner);
	deep = inner(n);
	LABEL(behind_inner);
	return 2 * deep;
}

int main(void)
{
	int status = outer(4);

	LABEL(behind_outer);
	return status;
}
