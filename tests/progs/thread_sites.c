// SPDX-License-Identifier: LGPL-2.1-or-later
/* thread_sites - three threads, each with a function of its own; do_nothing() when all ended. */
#include <pthread.h>
#include <stddef.h>

#define THREAD(name, value)                                                       \
	void *name(void *unused)                                                  \
	{                                                                         \
		__asm__ volatile("movabs $" #value ", %%rax\n\tnop" : : : "rax"); \
		return unused;                                                    \
	}                                                                         \
	void *name(void *unused)

void *thread_1_function(void *unused);
void *thread_2_function(void *unused);
void *thread_3_function(void *unused);
void do_nothing(void);

THREAD(thread_1_function, 0x1111111111111111);
THREAD(thread_2_function, 0x2222222222222222);
THREAD(thread_3_function, 0x3333333333333333);

void do_nothing(void)
{
}

int main(void)
{
	void *(*const functions[])(void *) = { thread_1_function, thread_2_function,
					       thread_3_function };
	pthread_t threads[3];

	for (int i = 0; i < 3; i++)
		if (pthread_create(&threads[i], NULL, functions[i], NULL))
			return 1;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	do_nothing();
	return 0;
}
