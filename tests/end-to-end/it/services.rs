//! Clients that `cell_remote!` makes of schemas: nothing of the cell is there but those.

use anyhow::Result;
use macro_bridge::digest::Digest;
use macro_bridge::failure::Kind;

use crate::project::{Host, Project};
use crate::report::{expect, expect_none, fails};

const SCHEMA: &str = "cell-schema 1
service Ledger
method entries(account: u64) -> stream Entry
method open(owner: string) -> result<u64, Refused>
method totals() -> map<Owner, f64>

struct Entry
  amount: i64
  note: option<string> or default

type Owner = string

enum Refused
  Closed
  Limit with
    most: u64
";

const SOURCE: &str = "cell::cell_remote!(Ledger = \"ledger\");
pub async fn open() -> Result<u64, Box<dyn std::error::Error>> {
    let ledger: Ledger::LedgerClient = Ledger::connect()?;
    let mut entries = ledger.entries(1).await?;
    while let Some(entry) = entries.next().await {
        let Ledger::Entry { amount: _, note: _ } = entry?;
    }
    let totals = ledger.totals().await?;
    let _: Option<&f64> = totals.get(&Ledger::Owner(\"a\".to_owned()));
    match ledger.open(\"a\".to_owned()).await {
        Err(cell::CallError::Remote(Ledger::Refused::Limit { most })) => Ok(most),
        Err(cell::CallError::Remote(Ledger::Refused::Closed)) => Ok(0),
        Err(cell::CallError::Fault(fault)) => Err(fault.into()),
        Ok(account) => Ok(account),
    }
}
";

fn project(name: &str, host: Host) -> Result<Project> {
    let project = Project::new(name, host)?.fresh_home()?;
    project.write("ledger.schema", SCHEMA)?;
    project.cell_does(&["add", "ledger", "--from", "ledger.schema"])?;
    std::fs::remove_file(project.root.join("ledger.schema"))?;
    Ok(project)
}

#[test]
fn a_client_builds_with_nothing_of_the_cell_but_its_schema() -> Result<()> {
    let project = project("services", Host::Services)?;
    expect_none(&project, SOURCE)?;

    // Whatever is wrong with the schema is one error, and it is at the cell's name.
    let marked = "cell::cell_remote!(Ledger = «\"ledger\"»);";
    let path = format!(".cell/schemas/{}", Digest::of(SCHEMA.as_bytes()));
    let schema = project.read(&path)?;
    project.write(&path, &schema[1..])?;
    let words = ["schema of `Ledger` in cell `ledger`", "is not the one that `cell.lock` names"];
    expect(&project, marked, &[fails(Kind::BadSchema, &words)])?;
    std::fs::remove_file(project.root.join(&path))?;
    let words = ["schema of `Ledger` in cell `ledger` is not here", "`cell add ledger --from"];
    expect(&project, marked, &[fails(Kind::NoSchema, &words)])?;

    // One that this release cannot read, under its right digest.
    let newer = "cell-schema 2\nservice Ledger\n";
    let digest = Digest::of(newer.as_bytes());
    project.write(&format!(".cell/schemas/{digest}"), newer)?;
    let lock = String::from_utf8(project.read("cell.lock")?)?;
    let old = Digest::of(SCHEMA.as_bytes()).to_string();
    project.write("cell.lock", lock.replace(&old, &digest.to_string()))?;
    expect(&project, marked, &[fails(Kind::BadSchema, &["`cell-schema 2`, not `cell-schema 1`"])])
}

#[test]
fn a_cell_with_services_alone_wants_the_feature() -> Result<()> {
    let project = project("services-off", Host::Thin)?;
    let words = ["publishes services, and no macros", "cargo add cell-sdk --features services"];
    let source = "cell::cell_remote!(Ledger = «\"ledger\"»);";
    expect(&project, source, &[fails(Kind::ServicesOff, &words)])
}
