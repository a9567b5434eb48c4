//! What an editor shows while somebody types, on a machine on which nothing can expand anything.

use anyhow::{Context as _, Result};
use cell_analyzer_tests::Kind;
use cell_analyzer_tests::tree::{Delimiter, Span, Tree, lex, text};

use crate::world::World;

const ITEM: &str = "struct Account { #[ledger::primary_key] owner: String, balance: i64, }";

/// The texts of the `compile_error!`s in tokens, with their places.
fn errors(trees: &[Tree]) -> Vec<(Span, String)> {
    let mut found = Vec::new();
    for (at, tree) in trees.iter().enumerate() {
        match tree {
            Tree::Ident { text: name, span, .. } if name == "compile_error" => {
                let message = trees.get(at + 2).map(|group| text(std::slice::from_ref(group)));
                found.push((*span, message.unwrap_or_default()));
            }
            Tree::Group { content, .. } => found.extend(errors(content)),
            _ => {}
        }
    }
    found
}

#[test]
fn a_missing_expansion_is_one_error_and_the_item_stays() -> Result<()> {
    let world = World::new()?;
    let variables = world.sdk()?.variables();
    let mut analyzer = world.analyzer()?;
    let arguments = lex("ledger::table(name = \"accounts\")")?;
    let typed = "email: Option<String>,";
    // A field, character by character. What is in brackets is not yet tokens without the other one.
    for end in (1..=typed.len()).filter(|end| typed.is_char_boundary(*end)) {
        let item = ITEM.replace("balance: i64,", &format!("balance: i64, {}", &typed[..end]));
        let made = analyzer.expand_trees(
            "wasm",
            Kind::Attribute,
            Some(&arguments),
            &lex(&item)?,
            &variables,
        )?;
        let found = errors(&made);
        let [(place, message)] = &found[..] else { panic!("{item}: {}", text(&made)) };
        assert!(message.contains("CELL0205"), "{message}");
        // On the macro's name, which is where an editor underlines it.
        let name = lex("ledger::table")?.pop().context("a name")?;
        let Tree::Ident { span, .. } = name else { panic!("{name:?}") };
        assert_eq!(*place, span, "{item}");
        let item = item.replace("#[ledger::primary_key] ", "");
        let kept = text(&made);
        assert!(kept.starts_with(&text(&lex(&item)?)), "{item} became {kept}");
    }
    let ended = analyzer.end()?;
    assert!(ended.status.success(), "{ended:?}");
    Ok(())
}

#[test]
fn every_sort_of_macro_says_it_once() -> Result<()> {
    let world = World::new()?;
    let variables = world.sdk()?.variables();
    let mut analyzer = world.analyzer()?;
    let item = ITEM.replace("i64", "i6");
    let derived = item.replace("#[ledger::primary_key] ", "");
    let gathered = "(\"attribute\" \"ledger\" \"table\" ())";
    let cases = [
        ("wasm", Kind::Attribute, Some("ledger::table"), &*item),
        ("wasm_derive", Kind::Attribute, Some("ledger::Model"), &derived),
        ("__gathered", Kind::Attribute, Some(gathered), &item),
        ("__attr_1", Kind::Attribute, Some("name = \"a\""), &item),
        ("__derive_0", Kind::Derive, None, &derived),
        ("expand", Kind::Function, None, "ledger::query(\"select nothing\")"),
    ];
    for (name, kind, arguments, input) in cases {
        let made = analyzer.expand(name, kind, arguments, input, &variables)?;
        let trees = lex(&made)?;
        let found = errors(&trees);
        assert_eq!(found.len(), 1, "{name}: {made}");
        assert!(found[0].1.contains("CELL0205"), "{name}: {made}");
        let has_item = trees.first().is_some_and(|tree| tree.is_ident("struct"))
            && trees.get(2).is_some_and(|tree| tree.group(Delimiter::Brace).is_some());
        assert_eq!(has_item, kind == Kind::Attribute, "{name}: {made}");
    }
    Ok(())
}

#[test]
fn a_mistake_in_the_attribute_is_one_error() -> Result<()> {
    let world = World::new()?;
    let variables = world.sdk()?.variables();
    let mut analyzer = world.analyzer()?;
    // What an attribute goes through while it is typed.
    let path = "ledger::table(name = \"accounts\"";
    for end in 0..path.find('(').unwrap_or_default() {
        let made =
            analyzer.expand("wasm", Kind::Attribute, Some(&path[..end]), ITEM, &variables)?;
        assert_eq!(errors(&lex(&made)?).len(), 1, "{}: {made}", &path[..end]);
        assert!(made.starts_with("struct Account {"), "{}: {made}", &path[..end]);
    }
    Ok(())
}
