//! Questions that are not asked, whatever runs.

use anyhow::{Result, ensure};
use macro_bridge::failure::Kind;

use super::place::Place;
use crate::project::Host;
use crate::report::{expect, fails};

#[test]
fn a_question_that_cannot_be_asked_opens_no_connection() -> Result<()> {
    let mut place = Place::new("live-refused", Host::Thin)?;
    place.schema(|schema| {
        let schema = schema
            .replace("method slow(", "method password() -> Password at compile time\nmethod slow(");
        schema.replace("struct Table", "secret struct Password\n  text: string\n\nstruct Table")
    })?;
    place.manifest("")?;
    place.begin_session()?;
    // Whoever comes is counted.
    let folder = place.prepared_sockets()?;
    let listener = std::os::unix::net::UnixListener::bind(folder.join("oracle.sock"))?;
    listener.set_nonblocking(true)?;
    let source = "
#[cell::wasm(asks::«wrong_arguments»)]
pub struct A;
#[cell::wasm(asks::«no_arguments»)]
pub struct B;
#[cell::wasm(asks::«unknown»)]
pub struct C;
#[cell::wasm(asks::«unmarked»)]
pub struct D;
#[cell::wasm(asks::«password»)]
pub struct E;
#[cell::wasm(asks::«stranger»)]
pub struct F;
";
    let expected = [
        fails(Kind::BadQuestion, &["`oracle::value` was asked", "`number`", "number"]),
        fails(Kind::BadQuestion, &["`oracle::value` was asked"]),
        fails(Kind::UnknownQuestion, &["`oracle::vaule`", "there is `oracle::value`"]),
        fails(Kind::UnknownQuestion, &["`oracle::unmarked`", "#[compile_time]"]),
        fails(Kind::SecretQuestion, &["`oracle::password`", "Password"]),
        fails(Kind::UnknownQuestion, &["a cell `stranger`", "`cell add stranger`"]),
    ];
    expect(&place.served.project, source, &expected)?;
    // What is not granted is refused before all that.
    let toml = String::from_utf8(place.served.project.read("cell.toml")?)?;
    place.served.project.write("cell.toml", toml.replace("\"oracle::value\", ", ""))?;
    place.served.project.cell_does(&["lock"])?;
    expect(
        &place.served.project,
        "#[cell::wasm(asks::«value»(7))]\npub struct A;\n",
        &[fails(
            Kind::DeniedCall,
            &["`oracle::value`, which is not granted", "`[cells.asks.grants]`"],
        )],
    )?;
    ensure!(listener.accept().is_err(), "somebody connected");
    ensure!(place.answers()?.is_empty());
    Ok(())
}
