// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * kvm.c - KVM has SVM to itself or is not there at all: it does not share, and under the
 * hypervisor it would find nothing left of it. Runs in the guest.
 *
 * What kvm_amd finds out by itself is not enough: that of 6.12 asks what the processor had when the
 * kernel started, and believes that EFER.SVME was set when it has written it.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/string.h>

#include "hv.h"

static bool coming; /* kvm_amd is being loaded, or is loaded; hv_mutex */

static int kvm_coming(void)
{
	int err = 0;

	mutex_lock(&hv_mutex);
	if (hv_entered())
		err = -EBUSY;
	else
		coming = true;
	mutex_unlock(&hv_mutex);
	if (err)
		pr_err("lstar: kvm_amd is refused, the hypervisor has SVM: end 'lstar machine' "
		       "first, or unload lstar\n");
	return err;
}

static void kvm_going(void)
{
	mutex_lock(&hv_mutex);
	coming = false;
	mutex_unlock(&hv_mutex);
}

static int on_module(struct notifier_block *nb, unsigned long state, void *data)
{
	const struct module *mod = data;

	if (strcmp(mod->name, "kvm_amd"))
		return NOTIFY_DONE;
	if (state == MODULE_STATE_COMING)
		return notifier_from_errno(kvm_coming());
	if (state == MODULE_STATE_GOING)
		kvm_going();
	return NOTIFY_DONE;
}

static struct notifier_block module_block = { .notifier_call = on_module };

int kvm_watch(void)
{
	return register_module_notifier(&module_block);
}

void kvm_unwatch(void)
{
	unregister_module_notifier(&module_block);
}

int kvm_absent(char *why, size_t size)
{
	struct path path;

	if (!kern_path("/sys/module/kvm_amd", 0, &path))
		path_put(&path);
	else if (!coming)
		return 0;
	snprintf(why, size,
		 "kvm_amd is loaded and wants SVM for itself: end its virtual machines, then "
		 "'modprobe -r kvm_amd'");
	return -EBUSY;
}
