// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * main.c - the module: parameters, what is set up in which order, and what the kernel does to
 * it: suspend, reboot, panic. CPU hotplug is core.c's.
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/panic_notifier.h>
#include <linux/reboot.h>
#include <linux/suspend.h>

#include "hv.h"
#include "set.h"

static bool enter;
module_param(enter, bool, 0444);
MODULE_PARM_DESC(enter, "enter the hypervisor at once, not when the debugger asks for it");

static bool resume; /* it was there before the machine was suspended */

static void before_suspend(void)
{
	resume = hv_entered();
	if (!resume)
		return;
	set_suspend();
	hv_leave_all();
}

static void after_suspend(void)
{
	char why[LSM_WHY];

	if (!resume)
		return;
	if (hv_enter_all(why, sizeof(why)))
		pr_err("lstar: not entered again after suspend: %s\n", why);
	else
		set_resume();
	resume = false;
}

static int on_suspend(struct notifier_block *nb, unsigned long what, void *unused)
{
	mutex_lock(&hv_mutex);
	switch (what) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		before_suspend();
		break;
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		after_suspend();
		break;
	}
	mutex_unlock(&hv_mutex);
	return NOTIFY_DONE;
}

/* Restart, halt, power off, kexec: firmware or another kernel gets the CPUs as it knows them. */
static int on_reboot(struct notifier_block *nb, unsigned long what, void *unused)
{
	/* whoever holds the mutex may never let go of it any more: go without */
	bool locked = mutex_trylock(&hv_mutex);

	hv_leave_all();
	if (locked)
		mutex_unlock(&hv_mutex);
	return NOTIFY_DONE;
}

/* The other CPUs stand still, as guests; this one goes on to the reboot. */
static int on_panic(struct notifier_block *nb, unsigned long what, void *unused)
{
	hv_leave_this();
	return NOTIFY_DONE;
}

static struct notifier_block suspend_block = { .notifier_call = on_suspend };
static struct notifier_block reboot_block = { .notifier_call = on_reboot };
static struct notifier_block panic_block = { .notifier_call = on_panic };

static int enter_now(void)
{
	char why[LSM_WHY];
	int err;

	if (!enter)
		return 0;
	mutex_lock(&hv_mutex);
	err = hv_enter_all(why, sizeof(why));
	mutex_unlock(&hv_mutex);
	if (err)
		pr_err("lstar: %s\n", why);
	return err;
}

static int __init lstar_init(void)
{
	char why[LSM_WHY] = "";
	int err;

	err = hv_init(why, sizeof(why));
	if (err) {
		pr_err("lstar: %s\n", why);
		return err;
	}
	err = lsm_init();
	if (err) {
		pr_err("lstar: " LSM_DEVICE " cannot be made (error %d)\n", err);
		goto out_hv;
	}
	err = kvm_watch();
	if (err)
		goto out_lsm;
	err = register_pm_notifier(&suspend_block);
	if (err)
		goto out_kvm;
	err = register_reboot_notifier(&reboot_block);
	if (err)
		goto out_pm;
	err = atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	if (err)
		goto out_reboot;
	err = enter_now();
	if (err)
		goto out_panic;
	return 0;

out_panic:
	atomic_notifier_chain_unregister(&panic_notifier_list, &panic_block);
out_reboot:
	unregister_reboot_notifier(&reboot_block);
out_pm:
	unregister_pm_notifier(&suspend_block);
out_kvm:
	kvm_unwatch();
out_lsm:
	lsm_exit();
out_hv:
	hv_exit();
	return err;
}

static void __exit lstar_exit(void)
{
	atomic_notifier_chain_unregister(&panic_notifier_list, &panic_block);
	unregister_reboot_notifier(&reboot_block);
	unregister_pm_notifier(&suspend_block);
	kvm_unwatch();
	mutex_lock(&hv_mutex);
	hv_leave_all();
	mutex_unlock(&hv_mutex);
	lsm_exit();
	hv_exit();
}

module_init(lstar_init);
module_exit(lstar_exit);
MODULE_DESCRIPTION("lstar: system-call events of the whole machine, from a hypervisor below it");
MODULE_LICENSE("GPL");
MODULE_VERSION(LSTAR_VERSION);
