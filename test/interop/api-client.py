"""A client of an HTTP API that knows nothing but its OpenAPI document: a function for each operation, by its operationId."""
import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request


class Client:
    def __init__(self, base, token):
        self.base, self.token = base, token
        self.document = json.load(urllib.request.urlopen(base + "/api/v1/openapi.json", timeout=10))
        for path, operations in self.document["paths"].items():
            for method, operation in operations.items():
                setattr(self, operation["operationId"], self.operation(path, method, operation))

    def operation(self, path, method, operation):
        known = {parameter["name"]: parameter for parameter in operation.get("parameters", [])}
        secured = bool(operation["security"])

        def call(body=None, **given):
            headers, query, target = {}, {}, path
            for name, value in given.items():
                name = name.replace("_", "-") if name not in known else name
                place = known[name]["in"]
                if place == "path":
                    target = target.replace("{%s}" % name, urllib.parse.quote(str(value), safe=""))
                elif place == "query":
                    query[name] = value
                else:
                    headers[name] = value
            assert not re.search(r"[{}]", target), "a part of the path is missing: " + target
            if query:
                target += "?" + urllib.parse.urlencode(query, doseq=True)
            if secured:
                headers["Authorization"] = "Bearer " + self.token
            data = None
            if body is not None:
                assert "requestBody" in operation, "takes no body"
                headers["Content-Type"] = "application/json"
                data = json.dumps(body).encode()
            request = urllib.request.Request(self.base + target, data, headers, method=method.upper())
            try:
                answer = urllib.request.urlopen(request, timeout=10)
            except urllib.error.HTTPError as error:
                answer = error
            described = self.resolve(operation["responses"].get(str(answer.status), operation["responses"]["default"]))
            kind = (answer.headers.get("Content-Type") or "").split(";")[0]
            content = described.get("content", {})
            assert not content or kind in content, "%s %s: %s is not described" % (method, path, kind)
            text = answer.read().decode()
            value = json.loads(text) if kind == "application/json" else text
            if kind == "application/json":
                self.check(value, content[kind]["schema"], path)
            return answer.status, value, answer.headers

        return call

    def resolve(self, schema):
        while "$ref" in schema:
            found = self.document
            for step in schema["$ref"][2:].split("/"):
                found = found[step]
            schema = found
        return schema

    def check(self, value, schema, where):
        """As far as most clients look: types, and what is required."""
        schema = self.resolve(schema)
        kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "number": (int, float), "integer": int}
        if "type" in schema:
            assert isinstance(value, kinds[schema["type"]]), "%s is no %s" % (where, schema["type"])
        for name in schema.get("required", []):
            assert name in value, "%s lacks %s" % (where, name)
        for name, inner in schema.get("properties", {}).items():
            if isinstance(value, dict) and name in value:
                self.check(value[name], inner, where + "." + name)
        if isinstance(value, list) and "items" in schema:
            for item in value:
                self.check(item, schema["items"], where + "[]")


base, token = sys.argv[1:]
client = Client(base, token)
status, settings, headers = client.getSettings()
assert status == 200
changed = dict(settings["document"], contacts=["client@example.com"])
status, saved, _ = client.putSettings(body=changed, **{"If-Match": headers["ETag"]})
assert status == 200 and saved["revision"] == settings["revision"] + 1, saved
status, error, _ = client.putSettings(body=changed, **{"If-Match": headers["ETag"]})
assert status == 412 and error["code"] == "settings-conflict", error
status, error, _ = client.putSettings(body={"listeners": "none"}, **{"If-Match": "*"})
assert status == 422 and error["faults"][0]["path"] == "listeners", error
status, sent, _ = client.postSendTest(body={"to": "client@example.com"})
assert status == 202, sent
status, shown, _ = client.getQueueById(id=sent["id"])
assert status == 200 and shown["message"]["id"] == sent["id"], shown
status, page, _ = client.getQueue(state=["queued", "held"], limit="1")
assert status == 200 and len(page["messages"]) == 1, page
status, content, _ = client.getQueueByIdContent(id=sent["id"])
assert status == 200 and "Subject: " in content, content
status, error, _ = client.getQueueById(id="0000000000000001")
assert status == 404 and error["code"] == "not-found", error
read = 0
for path, operations in client.document["paths"].items():
    operation = operations.get("get")
    needs = [one for one in (operation or {}).get("parameters", []) if one.get("required")]
    streams = "text/event-stream" in str((operation or {}).get("responses"))
    if operation and not needs and not streams and path.startswith("/api/") and not path.endswith("/wait"):
        status = getattr(client, operation["operationId"])()[0]
        assert status in (200, 403, 404), (path, status)
        read += 1
print(json.dumps({"operations": sum(len(one) for one in client.document["paths"].values()), "read": read}))
