//! The same macro as a component. The runtime is in the process of the test, which has it anyway:
//! what goes there is the request, what comes back the expansion, both as the bridge writes them.

use std::io::{Error, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use macro_bridge::expansion::file;
use macro_bridge::live::{self, Walker};
use macro_bridge::project::Project;
use macro_bridge::request::{self, MacroKind, Place, Request};
use proc_macro::TokenStream;

use crate::outcome::Outcome;

/// Where the test listens.
const ADDRESS: &str = "PUBLIC_MACROS_ADDRESS";

pub(crate) fn expand(
    form: MacroKind,
    (cell, name): (&str, &str),
    arguments: TokenStream,
    item: TokenStream,
) -> Outcome {
    let project = match project() {
        Ok(project) => project,
        Err(why) => return Outcome::Failed(why.clone()),
    };
    let mut call = match project.call(cell, name) {
        Ok(call) => call,
        Err(failure) => return Outcome::Failed(failure.to_string()),
    };
    let mut walker = Walker::default();
    call.arguments = walker.walk(arguments);
    walker.walk(item);
    let Some((table, originals)) = walker.finish() else {
        return Outcome::Failed("too many tokens".to_owned());
    };
    let place = Place::default();
    let request = Request { form, table, calls: vec![call], place };
    match ask(request::file::encode(&request).as_bytes()) {
        Err(error) => Outcome::Failed(format!("the test does not answer: {error}")),
        Ok((b'P', text)) => Outcome::Panic(String::from_utf8_lossy(&text).into_owned()),
        Ok((b'F', text)) => Outcome::Failed(String::from_utf8_lossy(&text).into_owned()),
        Ok((_, bytes)) => match file::decode(&bytes, &request.key()) {
            Ok(expansion) if expansion.diagnostics.is_empty() => {
                Outcome::Tokens(live::emit(&expansion.output, &originals))
            }
            Ok(_) => Outcome::Failed("diagnostics, which these crates cannot have".to_owned()),
            Err(damage) => Outcome::Failed(format!("the expansion is damaged: {damage:?}")),
        },
    }
}

fn project() -> &'static Result<Project, String> {
    static PROJECT: OnceLock<Result<Project, String>> = OnceLock::new();
    PROJECT.get_or_init(|| {
        let folder = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
        Project::load(&folder).map_err(|failure| failure.to_string())
    })
}

/// Sends a request; returns the kind of the answer and its content.
fn ask(request: &[u8]) -> Result<(u8, Vec<u8>), Error> {
    static STREAM: Mutex<Option<TcpStream>> = Mutex::new(None);
    let mut stream = STREAM.lock().unwrap_or_else(PoisonError::into_inner);
    let stream = match &mut *stream {
        Some(stream) => stream,
        none => {
            let address = std::env::var(ADDRESS).map_err(Error::other)?;
            none.insert(TcpStream::connect(address)?)
        }
    };
    // In one piece, or the other side waits 40 ms for the second.
    stream.write_all(&[&(request.len() as u64).to_le_bytes()[..], request].concat())?;
    let mut head = [0; 9];
    stream.read_exact(&mut head)?;
    let [kind, length @ ..] = head;
    let mut content = vec![0; u64::from_le_bytes(length) as usize];
    stream.read_exact(&mut content)?;
    Ok((kind, content))
}
