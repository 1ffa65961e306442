# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Short ways into the Meson build.
#
#   make            build build/src/lstar
#   make run        watch the read calls of a real program and their results
#   make check      every test, twice (plain and with sanitizers), fuzzers, style
#   make guest      a virtual machine with a shell, lstar and its kernel module; nothing outside it
#                   is touched. GUEST_CPUS (2), GUEST_CPU (EPYC, or another model of QEMU's),
#                   GUEST_KERNEL (debian, newer, or the release of an installed kernel)
#   make soak       20 minutes of mixed load in a machine with 4 CPUs while events come and go
#   make server     a redis-server under load is attached to and let go SERVER_ROUNDS (1000) times
#   make bench      what interception costs, beside a bare tracer and strace; what scripts cost
#   make bench-machine  the same for the machine target, in a virtual machine
#   make fuzz       every fuzz target, FUZZ_SECONDS (60) each; then DIFF_PROGRAMS (100000) random
#                   programs as scripts and as C, by the C compiler DIFF_CC (gcc, or tcc: faster)
#   make install    into $(DESTDIR)$(PREFIX)
#   make clean      remove all that was built

BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
DIFF_PROGRAMS ?= 100000
DIFF_CC ?= gcc
SERVER_ROUNDS ?= 1000
GUEST_CPUS ?= 2
GUEST_CPU ?= EPYC
GUEST_KERNEL ?= debian

LSTAR = $(BUILD)/src/lstar

.PHONY: all run check guest soak server bench bench-machine fuzz install clean deps

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja: | deps
	meson setup --prefix=$(PREFIX) $(BUILD)

deps:
	@deps/install.sh deps/debian.txt

run: all
	@echo "md5sum reads two files: each pair of lines is one read(2), 'arg3' bytes wanted" \
		"and 'result' bytes got (hexadecimal)."
	$(LSTAR) -b -q -s examples/syscall-result.ds '$$pid' 0 -- md5sum Makefile LICENSE

check:
	@deps/install.sh deps/debian.txt deps/debian-check.txt deps/debian-guest.txt
	@python3 tests/check.py

guest: all
	@deps/install.sh deps/debian.txt deps/debian-guest.txt
	@python3 tests/guest/run.py --build $(BUILD) --shell --kernel $(GUEST_KERNEL) \
		--cpu $(GUEST_CPU) --cpus $(GUEST_CPUS)

soak: all
	@deps/install.sh deps/debian.txt deps/debian-guest.txt
	@python3 tests/guest/run.py --build $(BUILD) --list tests/guest/soak.list

server: all
	@deps/install.sh deps/debian.txt deps/debian-check.txt
	ROUNDS=$(SERVER_ROUNDS) $(BUILD)/tests/unit/test_server

bench-machine: all
	@deps/install.sh deps/debian.txt deps/debian-guest.txt
	@python3 bench/machine.py $(BUILD)

bench: all
	@deps/install.sh deps/debian-bench.txt
	@python3 bench/run.py $(BUILD)
	@echo && python3 bench/lua.py $(BUILD)
	@echo && $(BUILD)/bench/engine

fuzz: all
	@deps/install.sh deps/debian.txt deps/debian-check.txt
	@python3 tests/fuzz/run.py --seconds $(FUZZ_SECONDS)
	$(BUILD)/tests/fuzz/difftest -n $(DIFF_PROGRAMS) -c $(DIFF_CC)

install: all
	meson configure $(BUILD) -Dprefix=$(PREFIX)
	DESTDIR=$(abspath $(DESTDIR)) meson install -C $(BUILD)

clean:
	rm -rf $(BUILD) build-check build-guest
