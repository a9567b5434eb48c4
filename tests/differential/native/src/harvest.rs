//! Items that people wrote: those in the sources of all that this workspace depends on.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Items as text, each once, in an order that follows from `Cargo.lock` alone.
#[derive(Debug, Default)]
pub(crate) struct Items {
    /// Structs, enums and unions.
    pub(crate) data: Vec<String>,
    /// Functions, those in `impl` and `trait` too.
    pub(crate) functions: Vec<String>,
    /// All others.
    pub(crate) others: Vec<String>,
}

/// Tokens of the largest item.
const LARGEST: usize = 400;
/// Items of each sort that are looked for, unless all are wanted.
const ENOUGH: usize = 10_000;
/// Items of each sort from one package then, so that they are of many.
const OF_EACH: usize = 200;

/// Of the packages in `folders`: all of them with `SLOW_TESTS`, enough of them without.
pub(crate) fn harvest(folders: &[&str]) -> Result<Items> {
    let slow = std::env::var_os("SLOW_TESTS").is_some();
    collect(folders, if slow { usize::MAX } else { OF_EACH })
}

impl Items {
    /// Sorts one after the other, each behind a line with how many there are.
    pub(crate) fn write(&self, file: &Path) -> Result<()> {
        let Self { data, functions, others } = self;
        let mut text = String::new();
        for list in [data, functions, others] {
            text.push_str(&format!("{}\0", list.len()));
            list.iter().for_each(|item| text.extend([item, "\0"]));
        }
        fs::write(file, text).with_context(|| file.display().to_string())
    }

    pub(crate) fn read(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let mut texts = text.split_terminator('\0').map(str::to_owned);
        let mut list = || -> Result<Vec<String>> {
            let count = texts.next().context("it ends early")?.parse()?;
            let list: Vec<String> = texts.by_ref().take(count).collect();
            ensure!(list.len() == count && count > 0, "{} of {count} items", list.len());
            Ok(list)
        };
        Ok(Self { data: list()?, functions: list()?, others: list()? })
    }
}

fn collect(folders: &[&str], of_each: usize) -> Result<Items> {
    let mut items = Items::default();
    let mut seen = BTreeSet::new();
    for folder in folders {
        let mut own = Items::default();
        for file in sources(&Path::new(folder).join("src"))? {
            let text = fs::read_to_string(&file);
            let tokens = text.ok().and_then(|text| text.parse::<TokenStream>().ok());
            find(tokens.unwrap_or_default(), &mut own);
            // Their places are not asked for, and all texts would be kept.
            proc_macro2::extra::invalidate_current_thread_spans();
            if own.data.len().min(own.functions.len()).min(own.others.len()) >= of_each {
                break;
            }
        }
        for (all, own) in [
            (&mut items.data, own.data),
            (&mut items.functions, own.functions),
            (&mut items.others, own.others),
        ] {
            let fresh = own.into_iter().filter(|text| seen.insert(text.clone()));
            all.extend(fresh.take(of_each));
        }
        let least = items.data.len().min(items.functions.len()).min(items.others.len());
        if of_each < usize::MAX && least >= ENOUGH {
            break;
        }
    }
    let Items { data, functions, others } = &items;
    eprintln!("items: {} data, {} functions, {} others", data.len(), functions.len(), others.len());
    Ok(items)
}

/// Files of Rust below a folder, in order.
fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return Ok(files) };
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

/// What an item is for a macro.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Data,
    Function,
    Other,
}

/// The items on a level, and those within them.
fn find(tokens: TokenStream, items: &mut Items) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    let mut begins = true;
    while let Some(tree) = trees.get(at) {
        if begins && let Some((sort, end)) = read(&trees, at) {
            let whole: TokenStream = trees[at..end].iter().cloned().collect();
            if count(&whole) <= LARGEST {
                let list = match sort {
                    Sort::Data => &mut items.data,
                    Sort::Function => &mut items.functions,
                    Sort::Other => &mut items.others,
                };
                list.push(whole.to_string());
            }
        }
        begins = match tree {
            TokenTree::Group(group) => {
                find(group.stream(), items);
                group.delimiter() == Delimiter::Brace
            }
            TokenTree::Punct(punct) => punct.as_char() == ';',
            _ => false,
        };
        at += 1;
    }
}

const QUALIFIERS: [&str; 4] = ["const", "async", "unsafe", "extern"];

/// What begins at `at`, and the index behind it.
fn read(trees: &[TokenTree], at: usize) -> Option<(Sort, usize)> {
    let is_group = |at: usize, delimiter| matches!(trees.get(at), Some(TokenTree::Group(group)) if group.delimiter() == delimiter);
    let is_punct = |at: usize, ch| matches!(trees.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ch);
    let mut head = at;
    while is_punct(head, '#') && is_group(head + 1, Delimiter::Bracket) {
        head += 2;
    }
    let mut sort = None;
    let mut to_brace = true;
    while sort.is_none() {
        let before_fn = |from: usize| {
            let mut words = trees[from + 1..].iter().skip_while(|tree| match tree {
                TokenTree::Ident(word) => QUALIFIERS.contains(&&*word.to_string()),
                tree => matches!(tree, TokenTree::Literal(_)),
            });
            matches!(words.next(), Some(TokenTree::Ident(word)) if word == "fn")
        };
        match trees.get(head)? {
            TokenTree::Ident(word) => match &*word.to_string() {
                "struct" | "enum" | "union" => sort = Some(Sort::Data),
                "fn" => sort = Some(Sort::Function),
                "impl" | "trait" | "mod" | "extern" if !before_fn(head) => sort = Some(Sort::Other),
                "type" | "use" | "static" => (sort, to_brace) = (Some(Sort::Other), false),
                "const" if !before_fn(head) => (sort, to_brace) = (Some(Sort::Other), false),
                "pub" | "const" | "async" | "unsafe" | "extern" | "default" | "crate" => {}
                _ => return None,
            },
            // The place of `pub(crate)`, the ABI of `extern "C"`.
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {}
            TokenTree::Literal(_) => {}
            _ => return None,
        }
        head += 1;
    }
    let is_end = |at: &usize| is_punct(*at, ';') || (to_brace && is_group(*at, Delimiter::Brace));
    let end = (head..trees.len()).find(is_end)?;
    Some((sort?, end + 1))
}

fn count(tokens: &TokenStream) -> usize {
    let one = |tree| match tree {
        TokenTree::Group(group) => 1 + count(&group.stream()),
        _ => 1,
    };
    tokens.clone().into_iter().map(one).sum()
}

#[test]
fn items_are_found_where_they_are() {
    let text = "/// a\n#[x] pub(crate) struct A<T>(T) where T: B; const N: [u8; 2] = { [1, 2] }; \
        impl A { pub const unsafe extern \"C\" fn f(&self) -> u8 { fn g() {} 1 } } use a::{b};";
    let mut items = Items::default();
    find(text.parse().unwrap(), &mut items);
    assert_eq!(items.data.len(), 1);
    assert!(items.data[0].starts_with("# [doc = \" a\"] # [x] pub (crate) struct A"), "{items:?}");
    assert!(items.data[0].ends_with("where T : B ;"), "{items:?}");
    let [f, g] = &*items.functions else { panic!("{items:?}") };
    assert!(f.starts_with("pub const unsafe extern") && g == "fn g () { }", "{items:?}");
    assert_eq!(items.others.len(), 3, "{items:?}");
}
