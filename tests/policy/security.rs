//! `SECURITY.md` lists exactly the holes that tests show.

use std::fs;

use anyhow::{Context as _, Result};
use cell_tests::workspace;

use crate::corpus::{RECORDED, holes};

/// Title and example of each point of the list.
fn listed() -> Result<Vec<(String, String)>> {
    let text = fs::read_to_string(workspace().join("SECURITY.md"))?;
    let (_, rest) = text.split_once("\nKnown to pass the policy").context("no list of holes")?;
    let (list, _) = rest.split_once("\n**").context("nothing behind the list")?;
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let point = |point: &str| {
        let (title, rest) =
            point.split_once(".**").with_context(|| format!("no title: {point}"))?;
        let example = rest.split_once("```rust").and_then(|(_, rest)| rest.split_once("```"));
        let (example, _) = example.with_context(|| format!("no example: {point}"))?;
        Ok((words(title), words(example)))
    };
    list.split("\n- **").skip(1).map(point).collect()
}

#[test]
fn the_list_of_holes_is_what_tests_show() -> Result<()> {
    let recorded = [&RECORDED];
    let shown: Vec<(String, String)> = holes()
        .chain(recorded)
        .map(|one| (one.trick.to_owned(), one.parts[0].1.to_owned()))
        .collect();
    let listed = listed()?;
    assert_eq!(listed, shown);
    Ok(())
}
