"""The OpenAPI document."""

import importlib
import re
from uuid import UUID

import pytest
from google.protobuf.descriptor_pool import Default
from google.protobuf.json_format import ParseDict
from google.protobuf.message_factory import GetMessageClass
from openapi_spec_validator import validate

from auth_service.convert.exports import part
from auth_service.domain.audit import AuditAction
from gateway.contracts import contract_files, rpcs
from gateway.openapi import document, document_text
from gateway.settings import on_this_machine
from planner_service.use_cases.calendar_writing import CONTENT_TYPE
from servicekit.validation import validate as validate_request

DOCUMENT = document()
SCHEMAS = DOCUMENT["components"]["schemas"]
FILES = {f".{file.package}.{message.name}": file.name for file in contract_files() for message in file.message_type}


def operations():
    return {op["operationId"]: op for path in DOCUMENT["paths"].values() for op in path.values()}


def test_the_committed_document_is_made_from_the_committed_contracts():
    committed = (on_this_machine().assets_dir / "openapi.json").read_text()
    assert committed == document_text(), "Run `python -m gateway openapi` and commit openapi.json."


def test_the_document_is_valid():
    validate(DOCUMENT)


def test_every_rest_path_is_in_it_and_nothing_that_only_services_call():
    expected = {f"{rpc.service}_{rpc.name}" for rpc in rpcs() if rpc.path and rpc.is_exposed}
    assert expected == {name for name in operations() if not name.startswith("Gateway_")}


def test_names_are_those_of_json():
    video = SCHEMAS["Video"]["properties"]
    assert {"id", "createdBy", "ratingAvg", "thumbnailUrl", "createTime"} <= set(video)
    assert "/v1/videos/{videoId}" in DOCUMENT["paths"]
    assert "pageToken" in SCHEMAS["ListVideosResponse"]["properties"]["nextPageToken"]["description"]


def test_constraints_of_the_contracts_are_there():
    create = SCHEMAS["CreateVideoRequest"]
    topic = create["properties"]["topic"]
    assert (topic["minLength"], topic["maxLength"]) == (2, 200)
    assert re.search(topic["pattern"], "Pythagoras' theorem")
    assert not re.search(topic["pattern"], "\u202emeroeht")
    assert create["required"] == ["topic", "subject"]
    assert "SUBJECT_UNSPECIFIED" not in create["properties"]["subject"]["enum"]
    assert create["properties"]["requestId"]["format"] == "uuid"
    assert SCHEMAS["RegisterRequest"]["properties"]["email"]["format"] == "email"
    page_size = next(p for p in operations()["VideoService_ListVideos"]["parameters"] if p["name"] == "pageSize")
    assert (page_size["schema"]["minimum"], page_size["schema"]["maximum"]) == (0, 100)
    assert SCHEMAS["BatchCreateVideosRequest"]["properties"]["requests"]["maxItems"] == 50


def test_what_is_refused_when_it_is_left_out_is_required():
    assert SCHEMAS["SubmitRatingRequest"]["required"] == ["stars"]
    archive = {p["name"]: p["required"] for p in operations()["UserService_DownloadExport"]["parameters"]}
    assert archive == {"exportId": True, "expires": True, "signature": True}


def test_a_body_is_required_only_where_something_in_it_is():
    for name, operation in operations().items():
        if body := operation.get("requestBody"):
            schema = SCHEMAS[body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]]
            assert body["required"] == bool(schema.get("required")), name


def test_every_pattern_has_an_example_that_matches_it():
    fields = [field for schema in SCHEMAS.values() for field in schema.get("properties", {}).values()]
    patterned = [field for field in fields if "pattern" in field]
    assert patterned
    for field in patterned:
        assert re.search(field["pattern"], field["examples"][0])


def test_times_are_date_times_and_enums_are_names():
    video = SCHEMAS["Video"]["properties"]
    assert video["createTime"]["format"] == "date-time"
    assert "VIDEO_STATUS_PUBLIC" in SCHEMAS["VideoStatus"]["enum"]
    assert "Ready; everybody may watch it." in SCHEMAS["VideoStatus"]["description"]


def test_what_every_answer_holds_is_said_to_be_there():
    video = SCHEMAS["Video"]
    assert {"id", "status", "keyPoints", "viewCount", "createTime", "updateTime"} <= set(video["required"])
    assert not {"estimatedCompletionTime", "provenance"} & set(video["required"])
    assert SCHEMAS["ListVideosResponse"]["required"] == ["videos", "nextPageToken"]
    assert "required" not in SCHEMAS["Reminder"], "it is sent as well, and holds one of two"


def test_what_a_request_cannot_do_without_is_required():
    required = {name: schema.get("required") for name, schema in SCHEMAS.items()}
    assert required["SubmitRatingRequest"] == ["stars"]
    assert required["ConfirmTotpRequest"] == ["code"]
    assert required["CreateCommentRequest"] == ["text"]
    assert required["UpdateMeRequest"] is None


def test_a_summary_is_not_cut_inside_brackets():
    for operation in operations().values():
        assert operation["summary"].count("(") == operation["summary"].count(")")
        assert operation["summary"]


def test_descriptions_name_calls_as_rest_clients_know_them():
    create = operations()["VideoService_CreateVideo"]["description"]
    assert "`GET /v1/videos/{videoId}:watch` tells how it goes." in create
    assert "TOPIC_REJECTED" not in create, "the responses say how it fails"
    refresh = SCHEMAS["RefreshTokenRequest"]["properties"]["refreshToken"]["description"]
    assert "`POST /v1/auth/refresh`" in refresh
    assert SCHEMAS["CreateEventRequest"]["properties"]["description"]["type"] == "string"


def test_every_action_of_the_audit_log_is_named_as_it_is_written():
    told = SCHEMAS["AuditEvent"]["properties"]["action"]["description"]
    assert [action for action in AuditAction if f" {action}" not in told] == []


def test_what_the_path_holds_is_not_asked_for_in_the_body():
    assert "videoId" not in SCHEMAS["CreateCommentRequest"]["properties"]
    names = [p["name"] for p in operations()["CommentService_CreateComment"]["parameters"]]
    assert names == ["videoId"]


def test_streams_answer_server_sent_events():
    answers = operations()["VideoService_WatchVideo"]["responses"]["200"]["content"]
    assert list(answers) == ["text/event-stream"]
    event = answers["text/event-stream"]["schema"]
    assert event["properties"]["data"]["contentSchema"] == {"$ref": "#/components/schemas/VideoProgress"}


def test_files_are_of_the_kind_that_is_answered():
    answers = {name: list(op["responses"]["200"].get("content", {})) for name, op in operations().items()}
    assert answers["UserService_DownloadExport"] == [part(b"").content_type]
    assert answers["PlannerService_GetFeed"] == [CONTENT_TYPE.partition(";")[0]]


def test_public_calls_need_no_token_and_others_do():
    assert operations()["AuthService_Login"]["security"] == []
    assert operations()["VideoService_GetVideo"]["security"] == [{"accessToken": []}]


def test_failures_come_from_the_comments():
    answers = operations()["VideoService_CreateVideo"]["responses"]
    assert "TOPIC_REJECTED" in answers["400"]["description"]
    assert "TOPIC_NOT_SUPPORTED" in answers["400"]["description"]
    assert "inference service is down" in answers["503"]["description"]
    assert "VIDEO_NOT_FOUND" in operations()["VideoService_GetVideo"]["responses"]["404"]["description"]
    assert "403" in operations()["ModelService_ListModels"]["responses"]


def test_every_call_says_how_it_answers_a_request_that_cannot_be_read():
    silent = [
        rpc.name
        for rpc in rpcs()
        if rpc.is_exposed and "400" not in operations()[f"{rpc.service}_{rpc.name}"]["responses"]
    ]
    assert not silent


def sample(schema):
    """What the docs page proposes to send: Swagger UI's way of making one up."""
    if "$ref" in schema:
        return sample(SCHEMAS[schema["$ref"].rpartition("/")[2]])
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema["type"]
    if kind == "object":
        return {name: sample(field) for name, field in schema.get("properties", {}).items()}
    if kind == "array":
        return [sample(schema["items"])]
    if kind == "string":
        made_up = {"date-time": "2030-09-02T16:00:00Z", "email": "user@example.com", "uuid": str(UUID(int=0))}
        return made_up.get(schema.get("format", ""), "string".ljust(schema.get("minLength", 0), "s"))
    return {"boolean": True, "integer": schema.get("minimum", 0), "number": schema.get("minimum", 0)}[kind]


@pytest.mark.parametrize("rpc", [rpc for rpc in rpcs() if rpc.has_body and rpc.is_exposed], ids=lambda rpc: rpc.name)
def test_what_the_docs_page_proposes_to_send_can_be_sent(rpc):
    body = operations()[f"{rpc.service}_{rpc.name}"]["requestBody"]["content"]["application/json"]["schema"]
    importlib.import_module(FILES[rpc.request].replace(".proto", "_pb2").replace("/", "."))
    request = GetMessageClass(Default().FindMessageTypeByName(rpc.request.lstrip(".")))()
    in_path = {name: str(UUID(int=0)) for name in re.findall(r"\{(\w+)\}", rpc.path)}
    validate_request(ParseDict(sample(body) | in_path, request))
