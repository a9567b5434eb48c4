//! A client in another language, made by hand: `examples/python`.

use std::path::Path;
use std::process::Command;

use crate::Place;

const SCRIPT: &str = r#"
import sys
sys.path.insert(0, sys.argv[1])
from cell_client import Cell, Fault

with Cell(sys.argv[2], "Ledger") as ledger:
    one, other = ledger.call("open", owner="one"), ledger.call("open", owner="größe")
    assert ledger.call("put", account=one, entry={"amount": 500, "note": None}) == {"Ok": 500}
    # What may be missing is left out.
    assert ledger.call("put", account=one, entry={"amount": -300}) == {"Ok": 200}
    assert ledger.call("transfer", **{"from": one, "to": other, "amount": 150}) == {"Ok": None}
    refused = ledger.call("transfer", **{"from": one, "to": other, "amount": 150})
    assert refused == {"Err": {"Overdraft": {"missing": 100}}}, refused
    assert ledger.call("put", account=99, entry={"amount": 1}) == {"Err": {"NoSuchAccount": 99}}
    entries = list(ledger.stream("entries", account=other))
    assert entries == [{"amount": 0, "note": "größe"}, {"amount": 150, "note": None}], entries
    assert ledger.call("tables") == ["accounts", "entries"]
    # More than a frame, there and back; more items than a window.
    long = "x" * 700_000
    big = ledger.call("open", owner=long)
    assert next(ledger.stream("entries", account=big))["note"] == long
with Cell(sys.argv[2], "Ledger") as ledger:
    for _ in range(100):
        ledger.call("put", account=one, entry={"amount": 1})
    assert len(list(ledger.stream("entries", account=one))) == 104
    for method, arguments, code in [("nothing", {}, 3), ("open", {"owner": 7}, 5), ("open", {}, 5)]:
        try:
            raise SystemExit(f"{method} answers {ledger.call(method, **arguments)}")
        except Fault as fault:
            assert fault.code == code, fault
    assert ledger.call("tables")
try:
    Cell(sys.argv[2], "Leger")
    raise SystemExit("there is no such service")
except Fault as fault:
    assert fault.code == 2 and "serves Ledger" in fault.text, fault
print("done")
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_in_python() {
    let place = Place::new();
    let socket = place.folder.path().join("run/ledger.sock");
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/python");
    let mut command = Command::new("python3");
    command.args(["-B", "-c", SCRIPT]).arg(examples).arg(socket);
    let ran = tokio::task::spawn_blocking(move || command.output()).await.expect("a thread");
    let ran = ran.expect("this test needs python3");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success() && ran.stdout == b"done\n", "{said}");
}
