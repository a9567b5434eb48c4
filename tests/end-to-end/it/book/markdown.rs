//! The code blocks of a chapter.

use anyhow::{Result, bail};

/// A block between two fences.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Block<'a> {
    /// `console` of ```` ```console,fails ````.
    pub(crate) language: &'a str,
    /// The other words behind the fence.
    pub(crate) words: Vec<&'a str>,
    /// Its lines.
    pub(crate) text: String,
    /// The line of its first fence, from 1.
    pub(crate) line: usize,
    /// The three lines above it.
    pub(crate) above: String,
}

impl Block<'_> {
    /// The value of `name=value` among the words.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }

    pub(crate) fn has(&self, word: &str) -> bool {
        self.words.contains(&word)
    }
}

/// All code blocks, in order.
pub(crate) fn blocks(text: &str) -> Result<Vec<Block<'_>>> {
    let mut blocks = Vec::new();
    let mut open: Option<Block<'_>> = None;
    let lines: Vec<&str> = text.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(""), Some(_)) => blocks.extend(open.take()),
            (Some(info), None) => {
                let mut words = info.split(',');
                let language = words.next().unwrap_or_default();
                let above = lines[index.saturating_sub(3)..index].join("\n");
                let (words, text) = (words.collect(), String::new());
                open = Some(Block { language, words, text, line: index + 1, above });
            }
            (Some(_), Some(block)) => bail!("line {}: a fence inside a block", block.line),
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    match open {
        Some(block) => bail!("line {}: the block has no end", block.line),
        None => Ok(blocks),
    }
}

/// The text of an old file with the changes of a block of lines that begin with ` `, `-` or `+`.
pub(crate) fn changed(old: &str, difference: &str) -> Result<String> {
    let side = |other: char| {
        let kept = difference.lines().filter(|line| !line.starts_with(other));
        kept.map(|line| format!("{}\n", line.get(1..).unwrap_or_default())).collect::<String>()
    };
    let (from, to) = (side('+'), side('-'));
    match old.matches(&from).count() {
        1 => Ok(old.replacen(&from, &to, 1)),
        count => bail!("this is {count} times in the file:\n{from}"),
    }
}

#[test]
fn blocks_know_their_words() {
    let text = "a\n`x.rs`:\n\n```rust,file=x.rs\nfn a() {}\n\n```\n```console\n$ a\n```\n";
    let found = blocks(text).unwrap();
    assert_eq!((found.len(), found[0].line, found[1].language), (2, 4, "console"));
    assert_eq!((found[0].value("file"), found[0].value("from")), (Some("x.rs"), None));
    assert_eq!((found[0].text.as_str(), found[1].has("fails")), ("fn a() {}\n\n", false));
    assert!(found[0].above.contains("`x.rs`"));
    assert!(blocks("```a\n").is_err() && blocks("```a\n```b\n```\n").is_err());
}

#[test]
fn differences_are_applied_where_their_text_is() {
    assert_eq!(changed("a\nb\nc\n", " a\n-b\n+x\n+y\n").unwrap(), "a\nx\ny\nc\n");
    assert!(changed("a\na\n", "-a\n").is_err() && changed("a\n", "-b\n").is_err());
}
