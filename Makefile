# What people and CI call. `make help` lists it.
#
# Each configuration builds in a folder of its own: two builds in one folder wait for each other.

SWIFT ?= swift
CORPUS ?= ../shared/corpus/bf
BENCH ?= $(SWIFT) run -c release --package-path Benchmarks uopbench

.DEFAULT_GOAL := help
.PHONY: help build test test-targets test-compilers check judge stencils stencils-setup goldens fuzz fuzz-passes fuzz-bf corpus embedded embedded-aarch64 embedded-riscv64 \
        systems custom-set plain sanitize \
        sanitize-address sanitize-thread sanitize-undefined bench bench-bf bench-quick bench-compile bench-verify bench-setup count clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Release build of uopjit and stencilgen
	$(SWIFT) build -c release --product uopjit
	$(SWIFT) build -c release --product stencilgen

test: ## All tests (needs nothing but a Swift toolchain)
	$(SWIFT) test

stencils: ## Regenerate the tables and docs/ from Stencils/; TARGET=name for one target (needs clang 19 or newer: the toolchain's will do)
	$(SWIFT) run -c release stencilgen $(foreach target,$(TARGET),--target $(target))

stencils-setup: ## What test-targets and test-compilers need beside the toolchain: installed as root on Debian, else named
	sh Tests/Targets/setup.sh

check: ## Are the committed tables those of Stencils/? Minutes; at once if nothing changed since; TARGET=name for one target
	$(SWIFT) run -c release stencilgen --check $(foreach target,$(TARGET),--target $(target))

test-targets: ## All proofs of all targets: linkers judge their tables, qemu executes their code; SAMPLE=1 for a few minutes
	sh Tests/Targets/run.sh

test-compilers: ## The same proofs for tables made by Debian's clang 19
	sh Tests/Targets/compilers.sh

judge: ## Every template of every table, in every assignment of registers, against the linker; minutes
	UOPJIT_JUDGE_EVERYTHING=1 $(SWIFT) test --traits AllTargets --scratch-path .build-all \
	    --filter 'StencilGenCoreTests.(LinkerJudge|LinkedTrace|HoleKindJudge|GlobalTableJudge|Drift|RegisterSample)Tests'

goldens: ## Rewrite the golden files; the run is red, read the difference and run the tests again
	UOPJIT_UPDATE_GOLDENS=1 $(SWIFT) test --filter StencilGenCoreTests.GoldenTests

fuzz: ## A million random traces, both engines compared (COUNT=n, SEED=n)
	$(SWIFT) run -c release --package-path Fuzz uopfuzz --count $(or $(COUNT),1000000) $(if $(SEED),--seed $(SEED)) --assert-coverage

fuzz-passes: ## A hundred thousand random traces without each pass in turn (COUNT=n, SEED=n)
	$(SWIFT) run -c release --package-path Fuzz uopfuzz --count $(or $(COUNT),100000) $(if $(SEED),--seed $(SEED)) --without-each-pass --assert-coverage

fuzz-bf: ## A million random BF programs, each engine compared with a plain interpreter (COUNT=n, SEED=n)
	$(SWIFT) run -c release --package-path Fuzz bffuzz --count $(or $(COUNT),1000000) $(if $(SEED),--seed $(SEED)) --assert-coverage

corpus: ## Every BF program of CORPUS in release, slow ones too; skipped with a message where it is absent
	@[ -d "$(CORPUS)" ] || echo "no BF programs in $(CORPUS): nothing is tested (CORPUS=folder)"
	[ ! -d "$(CORPUS)" ] || UOPJIT_SLOW_TESTS=1 UOPJIT_CORPUS=$(abspath $(CORPUS)) \
	    $(SWIFT) test -c release --scratch-path .build-corpus --filter BFCorpusTests

embedded: ## The runtime as Embedded Swift, and add4 with it
	sh Tests/Embedded/build.sh .build-embedded
	.build-embedded/embedded

embedded-aarch64: ## The same for AArch64, under qemu (needs qemu-user and Debian's C library for arm64: stencils-setup)
embedded-riscv64: ## The same for RISC-V
embedded-aarch64 embedded-riscv64: embedded-%:
	TARGET=$* sh Tests/Embedded/build.sh .build-embedded-$*
	qemu-$* .build-embedded-$*/embedded

systems: ## The C for macOS and Windows: compiled, and run under wine where that is installed (stencils-setup)
	sh Tests/Systems/check.sh .build-systems

custom-set: ## Somebody else's stencil set, from definitions to a program of its own package
	Tests/CustomSet/run.sh

plain: ## Tests of the engines with handlers in the platform's plain calling convention
	$(SWIFT) test --scratch-path .build-plain -Xcc -DUOP_PLAIN_CONVENTION --filter 'UopVMTests|UopMeaningTests|UopRuntimeTests|RandomTraceTests'

sanitize: sanitize-address sanitize-thread sanitize-undefined ## All sanitizers

# Leaks are not looked for: Foundation's reading of files leaks, and a child's report changes its status. Signal stacks of the
# sanitizer's own would be in the way of the tests of ours: at the end of a thread it unmaps whatever stack it finds.
sanitize-address: ## All tests under the address sanitizer
	ASAN_OPTIONS=detect_leaks=0:use_sigaltstack=0 $(SWIFT) test --scratch-path .build-address --sanitize=address

sanitize-thread: ## The tests with threads under the thread sanitizer
	$(SWIFT) test --scratch-path .build-thread --sanitize=thread --filter 'EngineTests|Arena|Fork'

sanitize-undefined: ## Every uop at every operand extreme, with C's undefined behaviour trapping
	$(SWIFT) test --scratch-path .build-undefined -Xcc -fsanitize=undefined -Xcc -fsanitize-trap=undefined \
	    --filter 'UopMeaningTests|UopVMTests'

bench: ## Run times of 14 loops beside clang and LuaJIT, then compile times: about ten minutes; writes docs/benchmarks/
	$(BENCH) loops --out docs/benchmarks/results.json --chart docs/benchmarks/loops.svg
	$(BENCH) compile

bench-bf: ## BF programs of CORPUS beside C, LLVM's JIT and a plain interpreter, and compile times: QUICK=1 for a few minutes; writes docs/benchmarks/
	$(BENCH) bf --corpus $(abspath $(CORPUS)) $(if $(QUICK),--quick) --out docs/benchmarks/bf.json --chart docs/benchmarks/bf.svg

bench-quick: ## The same loops in under three minutes, numbers into OUT=file.json
	$(BENCH) loops --quick $(if $(OUT),--out $(OUT))

bench-compile: ## Nanoseconds a uop from text to sealed code, and what LLVM and libtcc take for the loops
	$(BENCH) compile

bench-verify: ## Do the loops and their twins give the same results? At small sizes; clang only, LuaJIT where it is installed
	$(BENCH) verify

bench-setup: ## The rivals' packages: installed as root on Debian, else named
	Benchmarks/setup.sh

count: ## Lines written by hand, by part; tests and generated code apart
	@sh Tools/count.sh

clean: ## Remove everything that was built
	rm -rf .build .build-* Benchmarks/.build Fuzz/.build
