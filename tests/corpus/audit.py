"""audit.py LIST: for each line `source<TAB>saved` of LIST, prints what ezdxf says of the saved file and not of the source."""
import sys
from collections import Counter
from ezdxf import recover


def said(path):
    """Errors and repairs of a file by code, without handles and places, which edits move."""
    try:
        _, auditor = recover.readfile(path)
    except Exception as error:
        return Counter([f"unreadable: {type(error).__name__}"])
    return Counter(str(entry.code) for entry in [*auditor.errors, *auditor.fixes])


pairs = [line.rstrip("\n").split("\t") for line in open(sys.argv[1], encoding="utf-8")]
for source, saved in pairs:
    for what, count in (said(saved) - said(source)).items():
        print(f"{saved}: {what}, {count} times more than in the source")
print(f"looked at {len(pairs)}")
