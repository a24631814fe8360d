"""audit.py LIST: for each line `source<TAB>saved` of LIST, prints what ezdxf says of the saved file and not of the source."""
import sys
from collections import Counter
from ezdxf import recover


def said(path):
    """Errors and repairs of a file by code and handle, without their places, which edits move."""
    try:
        _, auditor = recover.readfile(path)
    except Exception as error:
        return Counter([f"unreadable: {type(error).__name__}"])
    def named(entry):
        handle = getattr(getattr(entry.entity, "dxf", None), "handle", None)
        return f"{entry.code} {handle}"
    return Counter(named(entry) for entry in [*auditor.errors, *auditor.fixes])


pairs = [line.rstrip("\n").split("\t") for line in open(sys.argv[1], encoding="utf-8")]
for source, saved in pairs:
    for what, count in (said(saved) - said(source)).items():
        print(f"{saved}: {what}, {count} times more than in the source")
print(f"looked at {len(pairs)}")
