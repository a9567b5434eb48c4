//! `cell explain`: what the code of an error means.

use std::io::Write as _;

use anyhow::Result;
use macro_bridge::failure::{Kind, texts::project::near};

use crate::Exit;
use crate::arguments::Explain;
use crate::shell::Shell;

pub(crate) fn run(options: &Explain, shell: &Shell) -> Result<Exit> {
    let mut out = shell.stdout();
    let Some(code) = &options.code else {
        for kind in Kind::ALL {
            let summary = kind.explanation().lines().next().unwrap_or_default().trim();
            writeln!(out, "{}  {summary}", kind.code())?;
        }
        return Ok(Exit::Done);
    };
    match find(code) {
        Ok(kind) => {
            writeln!(out, "{}\n", kind.code())?;
            kind.explanation().lines().try_for_each(|line| writeln!(out, "{}", line.trim()))?;
            writeln!(out, "\nTo be mended in: {}.", kind.fault().describe())?;
            Ok(Exit::Done)
        }
        Err(hint) => {
            shell.say_error(format!("there is no error `{code}`\nhelp: {hint}"));
            Ok(Exit::Usage)
        }
    }
}

/// `CELL0303`, `cell0303` or `303`.
fn find(code: &str) -> std::result::Result<Kind, String> {
    let upper = code.to_uppercase();
    let digits = upper.strip_prefix("CELL").unwrap_or(&upper);
    let full = format!("CELL{digits:0>4}");
    let found = Kind::ALL.iter().copied().find(|kind| kind.code() == full);
    found.ok_or_else(|| match near(&full, Kind::ALL.iter().map(|kind| kind.code())) {
        Some(code) => format!("did you mean `{code}`? `cell explain` lists all"),
        None => "`cell explain` lists all".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `cell explain` says of an error is what the index has: both are made of one table.
    #[test]
    fn the_index_has_every_code() {
        let index = include_str!("../../../docs/errors.md");
        for kind in Kind::ALL {
            let summary = kind.explanation().lines().next().unwrap_or_default().trim();
            let (code, words) = (kind.code(), summary.trim_end_matches('.'));
            assert!(index.contains(code) && index.contains(words), "{code}: {words}");
        }
    }

    #[test]
    fn finds_codes_as_people_write_them() {
        for code in ["CELL0303", "cell0303", "0303", "303"] {
            assert_eq!(find(code), Ok(Kind::OutOfFuel), "{code}");
        }
        for kind in Kind::ALL {
            assert_eq!(find(kind.code()), Ok(*kind));
        }
        assert!(find("CELL0399").unwrap_err().contains("did you mean"));
        assert!(find("rubbish").unwrap_err().contains("cell explain"));
    }
}
