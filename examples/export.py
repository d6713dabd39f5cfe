"""From a model to files that are proven, step by step; editors show its cells as a notebook."""

# %% A model: the bundled one here; load_model("b1", weights="b1.pt") takes a checkpoint of yours.
import os
from pathlib import Path

import lowformer_edge as lfe
from lowformer_edge import demo

model = lfe.load_model()
print(model.config.name, model.preprocessing)

# %% Images like those that it will see. A folder of photos does as well.
COUNT = int(os.environ.get("COUNT", "1000"))
calibration = lfe.open_images(demo.CALIBRATION, model, count=64)
evaluation = lfe.open_images(demo.EVALUATION, model, count=COUNT)

# %% What INT8 costs in each op, simulated: the three most sensitive.
ranges = lfe.calibrate(model, calibration, observer="percentile:99.99")
sensitivity = lfe.measure_sensitivity(model, ranges, evaluation.first(32))
for op in sensitivity.ops[:3]:
    print(f"{op.path}: {op.alone.sqnr_db:.1f} dB")

# %% The files, checked and timed.
bundle = lfe.export_model(
    model,
    "exported",
    ["tflite/fp32", "tflite/int8", lfe.ExportSpec("onnx", "int8", observer="minmax")],
    calibration=calibration,
    evaluation=evaluation,
    overwrite=True,
)
print(*bundle.files, sep="\n")

# %% Again, as whoever gets the bundle would: every file against the eager model.
verification = lfe.verify(bundle, images=evaluation)
print("failures:", verification.failures)
for edge in verification.edges():
    if edge.first == "eager" and edge.parity.top1:
        print(edge.second, f"{edge.parity.sqnr_db:.1f} dB, {edge.parity.top1.value:.2f} % top-1")

# %% How fast they are beside each other.
benchmark = lfe.bench(bundle, runs=20, processes=2)
for timed in benchmark.timed:
    print(timed.path.name, f"{timed.result.median:.2f} ms, ratio {timed.ratio.value:.2f}")
print("valid" if benchmark.is_valid else benchmark.doubts)

# %% And in use, without PyTorch.
with lfe.open_model(Path("exported"), "tflite/int8") as classifier:
    print(classifier(evaluation.pixels[0]))
