/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vm.c - a virtual machine of KVM that does nothing but exist, which is what has SVM in use.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (kvm < 0 || ioctl(kvm, KVM_CREATE_VM, 0) < 0) {
		perror("/dev/kvm");
		return 1;
	}
	puts("holding");
	fflush(stdout);
	for (;;)
		pause();
}
