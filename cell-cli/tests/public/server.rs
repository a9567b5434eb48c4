//! Runs components for the proc-macro: a request comes in, an expansion goes out.

use std::io::{Error, Read, Write};
use std::net::{SocketAddr, TcpListener};

use anyhow::Result;
use macro_bridge::expansion::file;
use macro_bridge::failure::{Failure, Kind};
use macro_bridge::project::Project;
use macro_bridge::request;
use macro_runtime::{CacheDir, Options, Runtime};

/// Starts it; it lives as long as this process.
pub(crate) fn start(project: Project) -> Result<SocketAddr> {
    let cache = Some(CacheDir::at(crate::scratch::folder()?.join("cache")));
    let runtime = Runtime::new(Options { cache, ..Options::default() })?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // One rustc after the other, and each has one connection. An end of it is no news.
            let _ = serve(&runtime, &project, &mut stream);
        }
    });
    Ok(address)
}

fn serve(
    runtime: &Runtime,
    project: &Project,
    stream: &mut (impl Read + Write),
) -> Result<(), Error> {
    loop {
        let mut length = [0; 8];
        stream.read_exact(&mut length)?;
        let mut bytes = vec![0; u64::from_le_bytes(length) as usize];
        stream.read_exact(&mut bytes)?;
        let (kind, content) = answer(runtime, project, &bytes);
        let length = (content.len() as u64).to_le_bytes();
        // In one piece, or the other side waits 40 ms for the second.
        stream.write_all(&[&[kind], &length[..], content.as_bytes()].concat())?;
    }
}

fn answer(runtime: &Runtime, project: &Project, bytes: &[u8]) -> (u8, String) {
    let request = match request::file::decode(bytes) {
        Ok(request) => request,
        Err(damage) => return (b'F', format!("the request is damaged: {damage:?}")),
    };
    match runtime.expand(&request, project, project) {
        Ok(expansion) => (b'T', file::encode(&request.key(), &request.title(), &expansion)),
        // `macro .. panicked: <what it said>`
        Err(Failure { kind: Kind::Panic, message, .. }) => {
            let said = message.split_once(" panicked: ").map(|(_, said)| said.to_owned());
            (b'P', said.unwrap_or(message))
        }
        Err(failure) => (b'F', failure.to_string()),
    }
}
