"""Makes tone.onnx and tone.onnx.json: a piper voice that hums one tone a phoneme. Needs the packages onnx and piper-tts.

python tests/integration/content/lesson/tone_voice/make.py
"""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

HERE = Path(__file__).parent
SAMPLES = 1024  # a phoneme


def model() -> onnx.ModelProto:
    """Phoneme ids [1, n] to sound [1, 1, n × SAMPLES]: sin(time × id), silent for the ids below 3, which pad."""
    ramp = (np.arange(SAMPLES, dtype=np.float32) * 0.02).reshape(1, 1, SAMPLES)
    constants = {"ramp": ramp, "axis": np.array([2]), "flat": np.array([1, 1, -1]), "pads": np.float32(2.5)}
    nodes = [
        helper.make_node("Cast", ["input"], ["ids"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["ids", "axis"], ["column"]),
        helper.make_node("Mul", ["column", "ramp"], ["phase"]),
        helper.make_node("Sin", ["phase"], ["tones"]),
        helper.make_node("Greater", ["column", "pads"], ["spoken"]),
        helper.make_node("Cast", ["spoken"], ["loudness"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["tones", "loudness"], ["sound"]),
        helper.make_node("Reshape", ["sound", "flat"], ["output"]),
    ]
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, ["batch", "phonemes"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, ["batch"]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]
    outputs = [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, "time"])]
    kept = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tone", inputs, outputs, kept)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


if __name__ == "__main__":
    onnx.save(model(), HERE / "tone.onnx")
    settings = {
        "audio": {"sample_rate": 16000},
        "espeak": {"voice": "en-us"},
        "num_symbols": 256,
        "num_speakers": 1,
        "phoneme_id_map": DEFAULT_PHONEME_ID_MAP,
    }
    (HERE / "tone.onnx.json").write_text(json.dumps(settings, ensure_ascii=False))
