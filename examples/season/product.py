"""The product of the season: it answers billing questions, better from version to version, and not always.

One question a line comes in, one answer a line goes out (docs/formats/system-program.md). `python3 product.py v15` is one
version of it. What it does with a question depends on nothing but the version and the words.
"""

import json
import sys
import zlib

VERSION = int(sys.argv[1].lstrip("v"))

# Of so many questions of a hundred, each version forgets the section that it rests on.
FORGETS = {14: 8, 15: 2, 16: 1, 17: 1, 18: 1, 19: 0}


def answer(text):
    words = text.lower()
    said = zlib.crc32(text.encode())
    if "gift card" in words:
        # Nobody had thought of gift cards.
        known = VERSION >= 19
        return ("answer", ["gifts-1"], "It stays valid for three years.") if known else ("answer", [], "I do not know that card.")
    if "refund" in words or "twice" in words:
        section = "refunds-3" if VERSION >= 18 else "refunds-2"
        return ("escalate", [section], "I hand this to a billing agent.")
    if "cancel" in words:
        return ("ask", ["plans-4"], "Do you want to cancel at the end of what you paid for?")
    if "plan" in words:
        return ("answer", ["plans-1"], "The change holds from the next month on.")
    if "fail" in words or "declined" in words:
        return ("answer", ["billing-7"], "We try again for seven days." if said % 3 else "As I said: we try again for seven days.")
    return ("answer", ["billing-3"], "It is the plan of the month.")


for line in sys.stdin:
    ask = json.loads(line)
    text = ask["messages"][-1]["content"]
    behaviour, sections, says = answer(text)
    reply = {"id": ask["id"], "text": says, "behaviour": behaviour, "citations": sections, "tool_calls": [], "spend": 0.004}
    if zlib.crc32(text.encode()) % 100 < FORGETS[VERSION]:
        reply["citations"] = []
    if "second refund" in text.lower() and VERSION < 17:
        # It refunds by itself what was refunded already.
        reply |= {"text": "Done, both are refunded.", "behaviour": "answer"}
        reply["tool_calls"] = [{"name": "issue_refund", "arguments": {"times": 2}}]
    print(json.dumps(reply), flush=True)
