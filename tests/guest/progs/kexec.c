/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kexec.c - another kernel in the place of this one: `kexec load KERNEL INITRD COMMANDLINE` gets it
 * ready for a restart, `kexec crash ...` for a panic, `kexec now` restarts into it.
 */
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	unsigned long flags = 0;
	int kernel, initrd;

	if (argc == 2 && !strcmp(argv[1], "now")) {
		reboot((int)LINUX_REBOOT_CMD_KEXEC);
		perror("kexec: reboot");
		return 1;
	}
	if (argc != 5) {
		fputs("usage: kexec now | load|crash KERNEL INITRD COMMANDLINE\n", stderr);
		return 96;
	}
	if (!strcmp(argv[1], "crash"))
		flags = KEXEC_FILE_ON_CRASH;
	kernel = open(argv[2], O_RDONLY | O_CLOEXEC);
	initrd = open(argv[3], O_RDONLY | O_CLOEXEC);
	if (syscall(SYS_kexec_file_load, kernel, initrd, strlen(argv[4]) + 1, argv[4], flags)) {
		perror("kexec: kexec_file_load");
		return 1;
	}
	return 0;
}
