"""Acme Report: prints a summary for nothing, and the whole table for whoever has paid.

    python3 report.py app.json [KEY]

app.json is what `paidup keys export` prints. KEY is needed once, from the e-mail.
PAIDUP_LIBRARY may say where libpaidup is, if the system does not find it.
"""

import json
import os
import sys

import paidup

TABLE = {"January": 17, "February": 23, "March": 31}


def main(arguments):
    if not 1 <= len(arguments) <= 2:
        print(__doc__, file=sys.stderr)
        return 2
    with open(arguments[0], encoding="utf-8") as file:
        build = json.load(file)
    client = paidup.Client(
        build["issuer"],
        "notes",
        roots=build.get("roots", []),
        keys=build.get("keys", []),
        test=build.get("test", False),
        folders=build.get("folders"),
        library=os.environ.get("PAIDUP_LIBRARY"),
    )
    with client:
        client.start_refreshing()
        if len(arguments) == 2:
            client.activate(arguments[1])
        if "notStored" in client.events():
            print("The license works now, and could not be saved.", file=sys.stderr)
        return report(client)


def report(client):
    print(f"{sum(TABLE.values())} in {len(TABLE)} months")
    if not client.allows("export"):
        answer = client.check()
        print(f"The whole table is part of a paid plan. {answer.meaning}\n{answer.next_step}")
        return 1
    for month, value in TABLE.items():
        print(f"{month:10} {value:4}")
    if client.check().grace_ends_at:
        print("Your plan ends soon. Renew it to keep this.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except paidup.Error as error:
        print(f"Sorry: {error}.\n{error.next_step}", file=sys.stderr)
        for machine, name in error.machines:
            print(f"  {machine}  {name}", file=sys.stderr)
        sys.exit(1)
