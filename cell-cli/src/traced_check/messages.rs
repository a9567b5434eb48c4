//! What cargo says to programs: which units were compiled, and the words of rustc.

use std::io::{BufRead, BufReader, Read};

use anyhow::{Context as _, Result};
use cargo_metadata::{Artifact, Message};

use crate::trace::folder::Compiled;

/// Reads until cargo ends. `say` is given what rustc says.
pub(super) fn read(stream: Option<impl Read>, say: &dyn Fn(&str)) -> Result<Vec<Compiled>> {
    let mut compiled = Vec::new();
    let Some(stream) = stream else { return Ok(compiled) };
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        if stream.read_until(b'\n', &mut line).context("cannot read what cargo says")? == 0 {
            return Ok(compiled);
        }
        // A macro or build script may print lines of its own, and later releases other kinds.
        match serde_json::from_slice(&line) {
            Ok(Message::CompilerArtifact(artifact)) => compiled.push(unit(&artifact)),
            Ok(Message::CompilerMessage(message)) => {
                say(message.message.rendered.as_deref().unwrap_or_default());
            }
            _ => {}
        }
    }
}

fn unit(artifact: &Artifact) -> Compiled {
    let krate = artifact.target.name.replace('-', "_");
    let extra = artifact.filenames.iter().find_map(|file| {
        let in_name = file.file_stem().and_then(|stem| {
            let stem = stem.strip_prefix("lib").filter(|stem| stem.starts_with(&krate));
            extra(stem.or(file.file_stem())?.strip_prefix(&krate)?)
        });
        // A build script is named by its folder.
        in_name.or_else(|| {
            let folder = file.parent()?.file_name()?;
            extra(&folder[folder.rfind('-')?..])
        })
    });
    Compiled {
        unit: format!("{krate}{}", extra.unwrap_or_default()),
        krate,
        package: artifact.package_id.repr.clone(),
        fresh: artifact.fresh,
    }
}

/// `-0123456789abcdef`, which cargo adds to names of files.
fn extra(text: &str) -> Option<&str> {
    let digits = text.strip_prefix('-')?;
    let is_hash = digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, file: &str, fresh: bool) -> String {
        format!(
            "{{\"reason\":\"compiler-artifact\",\"package_id\":\"path+file:///a#0.1.0\",\
             \"manifest_path\":\"/a/Cargo.toml\",\"target\":{{\"kind\":[\"bin\"],\
             \"crate_types\":[\"bin\"],\"name\":\"{name}\",\"src_path\":\"/a/src/main.rs\",\
             \"edition\":\"2024\",\"doc\":true,\"doctest\":false,\"test\":true}},\"profile\":\
             {{\"opt_level\":\"0\",\"debuginfo\":2,\"debug_assertions\":true,\"overflow_checks\":true,\
             \"test\":false}},\"features\":[],\"filenames\":[\"{file}\"],\"executable\":null,\
             \"fresh\":{fresh}}}\n"
        )
    }

    fn names(lines: &str) -> Vec<String> {
        let units = read(Some(lines.as_bytes()), &|_| {}).unwrap();
        units.into_iter().map(|unit| unit.unit).collect()
    }

    #[test]
    fn units_are_named_as_their_files() {
        let lines = [
            line("tool-x", "/t/debug/deps/libtool_x-fac2c081b833d424.rmeta", false),
            line("pm", "/t/debug/deps/libpm-7cdbf9dff645a865.so", false),
            line("libx", "/t/debug/deps/liblibx-7cdbf9dff645a865.rmeta", false),
            line("libx", "/t/debug/deps/libx-7cdbf9dff645a865.dll", false),
            line("build-script-build", "/t/build/a-b-75f0b4b8162939e5/build-script-build", false),
            line("plain", "/t/debug/deps/libplain.so", false),
        ];
        let expected = [
            "tool_x-fac2c081b833d424",
            "pm-7cdbf9dff645a865",
            "libx-7cdbf9dff645a865",
            "libx-7cdbf9dff645a865",
            "build_script_build-75f0b4b8162939e5",
            "plain",
        ];
        assert_eq!(names(&lines.concat()), expected);
    }

    #[test]
    fn other_lines_are_not_in_the_way() {
        let noise =
            "hello\n{\"reason\":\"build-finished\",\"success\":true}\n{\"reason\":\"new\"}\n";
        let file = "/t/debug/deps/liba-fac2c081b833d424.rmeta";
        let all = format!("{noise}{}{noise}", line("a", file, true));
        let units = read(Some(all.as_bytes()), &|_| {}).unwrap();
        assert!(units.len() == 1 && units[0].fresh, "{units:?}");
    }
}
