// SPDX-License-Identifier: LGPL-2.1-or-later
/* thread_talk - never ends: one thread asks for text, another counts seconds, both on stdout. */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void *ask(void *unused)
{
	char line[256];

	for (;;) {
		printf("Enter some text: ");
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin))
			pause();
	}
	return unused;
}

static void *count(void *unused)
{
	for (unsigned n = 0;; n++) {
		printf("stdout: Count %u\n", n);
		fflush(stdout);
		sleep(1);
	}
	return unused;
}

int main(void)
{
	pthread_t threads[2];

	if (pthread_create(&threads[0], NULL, ask, NULL) ||
	    pthread_create(&threads[1], NULL, count, NULL))
		return 1;
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	return 0;
}
