//! `cell man`: a page for each command.

use anyhow::Result;
use clap::{Command, CommandFactory as _};

use crate::arguments::{Arguments, Man};
use crate::shell::{Shell, count};
use crate::{Exit, files};

pub(crate) fn run(options: &Man, shell: &Shell) -> Result<Exit> {
    let pages = pages();
    for (name, page) in &pages {
        files::replace(&options.folder.join(format!("{name}.1")), page)?;
    }
    let pages = count(pages.len(), "page", "pages");
    shell.status("Written", format_args!("{pages} to `{}`", options.folder.display()));
    Ok(Exit::Done)
}

/// Name and text of each page.
fn pages() -> Vec<(String, Vec<u8>)> {
    let mut whole = Arguments::command().disable_help_subcommand(true);
    // Gives the commands below what all of them take, and their full names.
    whole.build();
    let mut pages = Vec::new();
    add(&whole, "cell", &mut pages);
    pages
}

fn add(command: &Command, name: &str, pages: &mut Vec<(String, Vec<u8>)>) {
    let mut page = Vec::new();
    let words = name.replace('-', " ");
    let man = clap_mangen::Man::new(command.clone().bin_name(words).display_name(name.to_owned()));
    if man.title(name.to_uppercase()).section("1").render(&mut page).is_ok() {
        pages.push((name.to_owned(), page));
    }
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        add(below, &format!("{name}-{}", below.get_name()), pages);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_page_for_each_command_that_people_run() {
        let pages: Vec<(String, String)> = pages()
            .into_iter()
            .map(|(name, page)| (name, String::from_utf8(page).unwrap()))
            .collect();
        let find = |name: &str| pages.iter().find(|(known, _)| known == name).map(|(_, page)| page);
        for name in ["cell", "cell-expand", "cell-new-macro", "cell-macros-list", "cell-man"] {
            assert!(find(name).is_some(), "no page `{name}`");
        }
        for name in ["cell-supervisor", "cell-keep", "cell-help"] {
            assert!(find(name).is_none(), "a page `{name}`");
        }
        let page = find("cell-test-macros").unwrap();
        for part in ["\\-\\-bless", "Examples", "cell test\\-macros", "\\-\\-quiet", ".TH"] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
    }
}
