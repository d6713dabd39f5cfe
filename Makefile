# The README's two commands are `make demo` and `make test`; both install what they need into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_BUNDLE := build/demo
INSTALLED := $(VENV)/.installed

.PHONY: demo demo-detect demo-segment test test-heavy lint types benchmark peers gpu-cost sweep-demo check-coreml check-npu check-targets check-wheel check-timm \
	check-configs fuzz arm-lab gpu-lab android-lab web-lab web-page web-pictures npu web-test android-test android-coverage android-apk \
	train-demo train-scenes \
	clean

demo: $(INSTALLED)
	$(BIN)/lowformer-export --to tflite --fp32 --int8 --output $(DEMO_BUNDLE) --force

# The bundled detector and segmenter, and a picture of what their INT8 files see in six scenes, the
# hard ones below.
demo-detect demo-segment: demo-%: $(INSTALLED)
	$(BIN)/lowformer-export --task $* --to tflite --fp32 --int8 --output build/demo-$* --force
	rm -rf build/scenes-$*
	$(BIN)/python examples/scenes.py build/scenes-$*/plain --count 3 --size 320
	$(BIN)/python examples/scenes.py build/scenes-$*/hard --kind hard --count 3 --size 320
	$(BIN)/python examples/draw.py build/demo-$* build/scenes-$*/plain/images/*.png \
		build/scenes-$*/hard/images/*.png --artifact tflite/int8 --output build/demo-$*.png

# One process a core, each with one thread: more threads than cores wait for each other.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 \
	--dist worksteal

test: $(INSTALLED)
	$(PYTEST) --ignore tests/android_demo -m "not browser and not heavy"

# What takes long by itself: whole variants, searches, emulated processors, files that kill and hang.
test-heavy: $(INSTALLED)
	$(PYTEST) --ignore tests/android_demo -m "heavy and not browser"

# The page for browsers, in Chromium.
web-test: web-lab
	$(PYTEST) tests/targets/web -m browser

# The Android app, without Gradle and Android's SDK: compiles, tests and packs it.
android-test: android-lab
	$(PYTEST) tests/android_demo

# Which lines of the app its tests run on the JVM, by module and file.
android-coverage: android-lab
	$(BIN)/python -m lowformer_edge.android_demo.tools.offline --coverage

# What the tests pack and then drop, to look at; lacks LiteRT.
android-apk: android-lab
	$(BIN)/python -m lowformer_edge.android_demo.tools.offline --apk

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# mypy cannot follow an editable install, so it is shown the checkout under the package's name.
types: $(INSTALLED)
	mkdir -p $(VENV)/types
	ln -sfn ../.. $(VENV)/types/lowformer_edge
	MYPYPATH=$(VENV)/types $(BIN)/mypy -p lowformer_edge

benchmark: $(INSTALLED)
	$(BIN)/python benchmarks/stock.py

# B0 as ncnn, MNN, OpenVINO and plain ONNX Runtime run it, beside our files; everything it needs it
# installs into build/peers, and nothing into $(VENV).
peers: arm-lab
	$(BIN)/python -m lowformer_edge.benchmarks.peers

# Dispatches and bytes of TFLite files on a browser's software GPU; two minutes.
gpu-cost: web-lab
	$(BIN)/python -m lowformer_edge.benchmarks.gpu_cost

# B0, B1 and E1 trained at two sizes and swept; hours on two cores, and goes on where it was stopped.
sweep-demo: $(INSTALLED)
	$(BIN)/lowformer-lab data
	$(BIN)/python benchmarks/sweep_demo.py --output build/sweep-demo

# Every variant at its own input size; about ten minutes. The tests do it at 64 pixels.
check-coreml: $(INSTALLED)
	$(BIN)/python benchmarks/coreml.py

# Configs from all over their space in every format, a minute or so each; goes on where it was stopped.
COUNT ?= 200
check-configs: $(INSTALLED)
	$(BIN)/python benchmarks/configs.py --count $(COUNT)

# Commands on damaged and malicious files and answers; what is found goes to build/fuzz/findings.
MINUTES ?= 20
fuzz: $(INSTALLED)
	$(BIN)/python -m tests.fuzz.fuzzer --minutes $(MINUTES)

# Emulated ARM processors, software GPUs, what builds the Android app, and runtimes for browsers, for
# the tests that need them; about a minute each.
arm-lab: $(INSTALLED)
	$(BIN)/lowformer-lab arm

gpu-lab: $(INSTALLED)
	$(BIN)/lowformer-lab gpu

android-lab: $(INSTALLED)
	$(BIN)/lowformer-lab android

web-lab: $(INSTALLED)
	$(BIN)/lowformer-lab web

# The site of the page for browsers, from its TypeScript; it is committed.
web-page: web-lab
	$(BIN)/python -m lowformer_edge.targets.web.build

# The pictures of the page in docs/, of the three demo models; needs Chromium.
web-pictures: demo demo-detect demo-segment web-lab
	$(BIN)/python -m lowformer_edge.tests.targets.web.screenshots \
		$(DEMO_BUNDLE) build/demo-detect build/demo-segment

# Qualcomm's compiler and simulator of Snapdragon NPUs, for the tests that need them; 99 MB, under
# Qualcomm's licence, for Linux on x86-64.
npu: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[npu]'

# Every variant compiled for two chips and run on the simulator, and the demo model's accuracy there;
# about half an hour.
check-npu: npu
	$(BIN)/python benchmarks/npu.py

# The wheel, checked and installed in an empty environment, where it exports; about three minutes.
check-wheel: $(INSTALLED)
	sh .ci/check-wheel $(BIN)/python build/dist

# What is read of timm's LowFormers, against timm itself, beside the environment and not in it.
check-timm: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --no-deps --upgrade --target build/timm/site-packages \
		timm==1.0.31 torchvision==0.28.0
	PYTHONPATH=build/timm/site-packages $(BIN)/python .ci/check-timm

# The whole lattice for the demo model and B0, and B0's instruction counts; about 15 minutes.
check-targets: arm-lab gpu-lab
	$(BIN)/python benchmarks/targets.py

# Needs Debian's package dataset-fashion-mnist and about 20 minutes on two cores.
train-demo: $(INSTALLED)
	$(BIN)/python training/fashion_mnist.py --output demo/lowformer_demo.safetensors
	$(BIN)/python training/demo_data.py --output demo

# Likewise, and up to an hour each on two cores.
train-scenes: $(INSTALLED)
	$(BIN)/python training/detector.py --output demo/lowformer_detector.safetensors
	$(BIN)/python training/segmenter.py --output demo/lowformer_segmenter.safetensors

$(INSTALLED): pyproject.toml constraints.txt
	sh .ci/make-venv $(PYTHON) $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build *.egg-info
