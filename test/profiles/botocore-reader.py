"""Reads AWS shared files with botocore: a JSON line in per file, a JSON line out.

In:  {"file": "config" | "credentials", "text": "..."}
Out: {"profiles": {...}, "sections": {...}, "names": {section: profile}} or {"error": "..."}
"""
import json
import os
import sys
import tempfile

from botocore import configloader

handle, path = tempfile.mkstemp()
os.close(handle)
try:
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        with open(path, "wb") as target:
            target.write(request["text"].encode("utf-8", "surrogatepass"))
        try:
            sections = configloader.raw_config_parse(path)
            profiles = sections
            if request["file"] == "config":
                profiles = configloader.load_config(path)["profiles"]
            names = {name: name for name in sections}
            if request["file"] == "config":
                names = {
                    name: profile
                    for name in sections
                    for profile in configloader.build_profile_map({name: {}})["profiles"]
                }
            answer = {"profiles": profiles, "sections": sections, "names": names}
        except Exception as error:
            answer = {"error": type(error).__name__ + ": " + str(error)}
        print(json.dumps(answer), flush=True)
finally:
    os.unlink(path)
