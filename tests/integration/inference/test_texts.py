"""Texts made short and compared."""

import grpc

from littlemonster.inference.v1 import inference_service_pb2 as pb
from littlemonster.inference.v1.inference_service_pb2_grpc import GenerationServiceStub

TEXT = (
    "Photosynthesis is how plants make food. Plants take in carbon dioxide and water. Light gives the energy for it. "
    "In photosynthesis plants turn carbon dioxide and water into sugar and oxygen. The sugar feeds the plant. My aunt "
    "has a red bicycle. Oxygen leaves through the leaves."
)


async def test_a_text_is_made_short_from_its_own_sentences(service: grpc.aio.Channel) -> None:
    stub = GenerationServiceStub(service)
    summary = await stub.GenerateSummary(pb.GenerateSummaryRequest(text=TEXT))
    points = await stub.GenerateKeyPoints(pb.GenerateKeyPointsRequest(text=TEXT))
    assert "plants turn carbon dioxide and water into sugar" in summary.summary
    assert "bicycle" not in summary.summary
    assert (summary.source, points.source) == ("textrank/1", "textrank/1")
    assert len(points.key_points) == 5
    assert all(point in TEXT for point in points.key_points)


async def test_related_texts_lie_nearer_than_others(service: grpc.aio.Channel) -> None:
    texts = [
        "The longest side of a right triangle is the hypotenuse.",
        "Pythagoras: a² + b² = c²",
        "The plague of 1348",
    ]
    answer = await GenerationServiceStub(service).Embed(pb.EmbedRequest(texts=texts))
    triangle, pythagoras, plague = (embedding.values for embedding in answer.embeddings)
    assert len(triangle) == 384
    assert sum(map(float.__mul__, triangle, pythagoras)) > 0.1 + sum(map(float.__mul__, triangle, plague))
