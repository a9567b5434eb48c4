//! One macro many times, each call as rustc makes it.

use std::time::{Duration, Instant};

use proc_macro::{Ident, Span, TokenStream, TokenTree};

use crate::{check, expander, name};

/// Calls before anything is measured: connections are made, code is loaded, caches are filled.
const WARM: usize = 20;

/// Prints the nanoseconds of each call, the ways (`native,server`) one after the other, so that a
/// slow moment of the machine falls on all of them.
///
/// Every item has a name of its own: nobody can have seen it. But `cached` is asked for the same one.
pub(crate) fn turns(ways: &str, item: &TokenStream) -> Result<(), String> {
    let count = count()?;
    let fields = name(item)?;
    let mut expanders = Vec::new();
    for way in ways.split(',') {
        if way == "cached" {
            fill(item)?;
        }
        check(way, &if way == "cached" { item.clone() } else { renamed(item, "Checked") })?;
        expanders.push((way, expander(way)?));
    }
    for number in 0..WARM + count {
        let fresh = renamed(item, &format!("{fields}_{}_{number}", std::process::id()));
        for (way, expand) in &expanders {
            let item = if *way == "cached" { item.clone() } else { fresh.clone() };
            let begin = Instant::now();
            let made = expand(item);
            let took = begin.elapsed();
            if number >= WARM {
                println!("{way}/{fields} {}", took.as_nanos());
            }
            drop(made);
        }
    }
    Ok(())
}

/// Expands without a clock.
pub(crate) fn repeat(way: &str, item: &TokenStream) -> Result<(), String> {
    let expand = expander(way)?;
    check(way, item)?;
    for _ in 0..count()? {
        drop(expand(item.clone()));
    }
    Ok(())
}

/// Makes sure that the user's expansion cache has the item.
pub(crate) fn fill(item: &TokenStream) -> Result<(), String> {
    let begin = Instant::now();
    // The server writes it after it has replied.
    while check("cached", item).is_err() {
        drop(expander("server")?(item.clone()));
        if begin.elapsed() > Duration::from_secs(20) {
            return Err("nothing fills the expansion cache".to_owned());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

pub(crate) fn count() -> Result<usize, String> {
    let count = std::env::var("CELL_BENCH_COUNT").ok().and_then(|count| count.parse().ok());
    count.ok_or_else(|| "CELL_BENCH_COUNT is no number".to_owned())
}

/// The same struct under another name, which stands outside of all groups.
fn renamed(item: &TokenStream, name: &str) -> TokenStream {
    let mut behind_struct = false;
    let tree = |tree: TokenTree| match tree {
        TokenTree::Ident(old) if behind_struct => {
            behind_struct = false;
            Ident::new(name, Span::call_site().located_at(old.span())).into()
        }
        tree => {
            behind_struct = tree.to_string() == "struct";
            tree
        }
    };
    item.clone().into_iter().map(tree).collect()
}
