//! The head of the user's own item may stay as it is, and cannot be forged.

use super::*;

/// The parts of an item in these tests, as ranges of its rows.
struct Own {
    source: &'static str,
    table: Table,
}

impl Own {
    fn new(source: &'static str) -> Self {
        Self { source, table: table_of(source) }
    }

    /// All siblings from the row of `first` (its last occurrence) to before `end`, by reference.
    fn by_reference(&self, first: usize, end: usize) -> String {
        format!("@ {first} * {}", self.table.siblings(first..end).count())
    }

    fn rows(&self) -> usize {
        self.table.rows.len()
    }

    fn body(&self) -> usize {
        self.table.siblings(0..self.rows()).last().unwrap()
    }

    fn head(&self) -> String {
        self.by_reference(self.start(), self.body())
    }

    fn start(&self) -> usize {
        Item::parse(&self.table, 0..self.rows()).unwrap().head.start
    }

    fn row(&self, name: &str) -> usize {
        (0..self.rows()).find(|row| self.table.is_ident(*row, name)).unwrap()
    }

    fn replaced(&self, source: &str) -> Result<(), (&'static str, String)> {
        verdict_of(self.source, &[(PartKind::Item, source)], &[])
    }

    #[track_caller]
    fn taken(&self, source: &str) {
        assert_eq!(self.replaced(source), Ok(()), "{} -> {source}", self.source);
    }

    #[track_caller]
    fn denied(&self, source: &str, word: &str) {
        let found = self.replaced(source).map_err(|(found, _)| found);
        assert_eq!(found, Err(bit_word(word)), "{} -> {source}", self.source);
    }
}

#[test]
fn the_item_as_it_was() {
    for source in [
        "unsafe fn f ( ) { g ( ) }",
        "# [ a ] # [ b ] pub ( crate ) const unsafe extern \"C\" fn f < T > ( x : T ) -> u8 where T : A { }",
        "unsafe impl < T > Send for S < T > { }",
        "unsafe trait A : B { fn f ( ) ; }",
        "extern \"C\" fn f ( ) { }",
        "unsafe extern \"C\" { fn f ( ) ; }",
        "extern crate alloc ;",
        "type F = unsafe extern \"C\" fn ( u8 ) ;",
        "static F : unsafe fn ( ) = g ;",
        "⟦ pub ⟧ unsafe extern ⟦ \"C\" ⟧ fn f ( ) { }",
    ] {
        let own = Own::new(source);
        own.taken(&own.by_reference(0, own.rows()));
        own.taken(&format!(
            "# [ new ] {} # [ new ] struct Other {{ }}",
            own.by_reference(0, own.rows())
        ));
        // Not in a part that stands behind the item, and not twice.
        let again = [(PartKind::Items, own.by_reference(0, own.rows()))];
        let again: Vec<_> = again.iter().map(|(kind, source)| (*kind, source.as_str())).collect();
        assert!(verdict_of(source, &again, &[]).is_err(), "{source}");
        assert!(
            own.replaced(&format!("{0} {0}", own.by_reference(0, own.rows()))).is_err(),
            "{source}"
        );
        // Not one level deeper.
        assert!(
            own.replaced(&format!("mod m {{ {} }}", own.by_reference(0, own.rows()))).is_err(),
            "{source}"
        );
    }
}

#[test]
fn an_unsafe_fn_keeps_its_own_body() {
    let own = Own::new("pub unsafe fn f ( a : u8 ) { g ( ) }");
    own.taken(&format!("{} @ {}", own.head(), own.body()));
    own.denied(&format!("{} {{ evil ( ) }}", own.head()), "unsafe");
    own.denied(&format!("{} {{ log ( ) ; @ {} }}", own.head(), own.body()), "unsafe");
    own.denied(&format!("{} @ {} @ {}", own.head(), own.row("a") - 1, own.body()), "unsafe");
    own.denied(&format!("{} ;", own.head()), "unsafe");
    // Another signature in front of the user's body is another function.
    let body = own.body();
    own.denied(&format!("@ 0 * 4 ( b : u8 ) @ {body}"), "unsafe");
    own.denied(&format!("@ 0 * 2 const @ 2 * 3 @ {body}"), "unsafe");
}

#[test]
fn heads_are_not_forged() {
    let own = Own::new("pub unsafe fn f ( a : u8 ) { g ( ) }");
    let body = own.body();
    own.denied(&format!("@ 1 @ 0 @ 2 * 3 @ {body}"), "unsafe");
    own.denied(&format!("@ 0 unsafe @ 2 * 3 @ {body}"), "unsafe");
    own.denied(&format!("@ 1 {{ evil ( ) }} {} @ {body}", own.head()), "unsafe");
    own.denied(&format!("{} @ {body} @ 1 @ {body}", own.head()), "unsafe");
    own.denied(&format!("@ 0 {} @ {body}", own.head()), "unsafe");
    own.denied("const X : u8 = @ 1 { 1 } ;", "unsafe");
    // Groups without delimiters around it change nothing, for either side.
    own.taken(&format!("⟦ {} ⟧ @ {body}", own.head()));
    own.taken(&format!("⟦ @ 0 ⟧ ⟦ @ 1 * 4 @ {body} ⟧"));
    own.denied(&format!("⟦ {} ⟧ {{ evil ( ) }}", own.head()), "unsafe");
}

#[test]
fn an_unsafe_contract_may_get_a_new_body() {
    for source in ["unsafe impl Send for S { }", "unsafe trait A { }"] {
        let own = Own::new(source);
        own.taken(&format!("{} {{ fn f ( ) {{ }} }}", own.head()));
        own.denied(&format!("{} {{ fn f ( ) {{ unsafe {{ }} }} }}", own.head()), "unsafe");
        // What the user vouched for ends where the head ends.
        own.denied(&format!("{} < Other > {{ }}", own.head()), "unsafe");
        own.denied(&format!("{} :: Other {{ }}", own.head()), "unsafe");
        own.denied(&format!("{} ;", own.head()), "unsafe");
        own.denied(&own.head(), "unsafe");
        let but_last = own.by_reference(0, own.body() - 1);
        own.denied(&format!("{but_last} Other {{ }}"), "unsafe");
    }
}

#[test]
fn an_abi_gives_no_power() {
    let own = Own::new("pub extern \"C\" fn f ( a : u8 ) { g ( ) }");
    own.taken(&format!("{} {{ other ( ) }}", own.head()));
    own.denied("extern \"C\" fn f ( ) { }", "extern");
    own.denied(&format!("@ 0 * 3 @ 3 * 2 {} @ {}", "( )", own.body()), "extern");
    // But a block declares functions of the guest's choice.
    let block = Own::new("extern \"C\" { fn f ( ) ; }");
    block.denied(&format!("{} {{ fn system ( ) ; }}", block.head()), "extern");
    let block = Own::new("unsafe extern \"C\" { safe fn f ( ) ; }");
    assert!(block.replaced(&format!("{} {{ safe fn system ( ) ; }}", block.head())).is_err());
}

#[test]
fn other_rules_hold_for_heads_too() {
    let own = Own::new("mod x ;");
    own.denied(&own.by_reference(0, own.rows()), "path");
    // `extern` of an unsafe fn, with another body, is the unsafe fn's.
    let own = Own::new("unsafe extern \"C\" fn f ( ) { }");
    own.denied(&format!("{} {{ }}", own.head()), "unsafe");
}

#[test]
fn arguments_are_no_item() {
    let input = table_of("unsafe fn f ( ) { } unsafe fn f ( ) { }");
    let split = input.rows.len() / 2;
    let head_of = |first: usize| output_of(&[(PartKind::Item, &format!("@ {first} * 5"))]);
    let verdict = |output: RawOutput| check(&input, split..2 * split, &output, Allowed::default());
    assert_eq!(verdict(head_of(split)), Ok(()));
    assert!(verdict(head_of(0)).is_err());
}

#[test]
fn nothing_is_put_around_the_body_of_an_unsafe_fn() {
    let input = |source: &str| format!("{source} {{ a }}");
    let verdict = |source: &str, allow: &[&str]| {
        let input = table_of(&input(source));
        let mut output = output_of(&[(PartKind::Body, "log ( ) ;")]);
        output.rows.push(Token { kind: kind::BODY, ..Token::default() });
        output.parts[0].rows += 1;
        assert_eq!(output::check(&input, 0, &output, 100), Ok(()));
        let allowed = allow.iter().fold(0, |bits, word| bits | bit(word).unwrap());
        let found = check(&input, 0..input.rows.len(), &output, Allowed(allowed));
        found.map_err(|found| (found.word, found.span))
    };
    let denied = |row: u32| Err(("unsafe", span::of_row(row)));
    assert_eq!(verdict("unsafe fn f ( )", &[]), denied(0));
    assert_eq!(verdict("# [ a ] pub const unsafe extern \"C\" fn f ( )", &[]), denied(5));
    assert_eq!(verdict("⟦ pub ⟧ ⟦ unsafe ⟧ fn f ( )", &[]), denied(3));
    assert_eq!(verdict("unsafe fn f ( )", &["unsafe"]), Ok(()));
    for source in [
        "fn f ( )",
        "async fn f ( a : unsafe fn ( ) ) -> unsafe fn ( )",
        "pub extern \"C\" fn f ( )",
        "fn r#unsafe ( )",
    ] {
        assert_eq!(verdict(source, &[]), Ok(()), "{source}");
    }
}

#[test]
fn what_stands_around_a_body_is_the_guests() {
    let input = table_of("fn f ( ) { unsafe { } include ! ( \"x\" ) }");
    let verdict = |part: PartKind, source: &str| {
        let mut output = output_of(&[(part, source)]);
        if part == PartKind::Body {
            output.rows.push(Token { kind: kind::BODY, ..Token::default() });
            output.parts[0].rows += 1;
        }
        output.parts[0].name = "p".into();
        assert_eq!(output::check(&input, 0, &output, 100), Ok(()), "{source}");
        check(&input, 0..input.rows.len(), &output, Allowed::default()).map_err(|found| found.word)
    };
    assert_eq!(verdict(PartKind::Body, "a ( ) ;"), Ok(()), "the user's body may be anything");
    assert_eq!(verdict(PartKind::Body, "unsafe"), Err("unsafe"));
    assert_eq!(verdict(PartKind::Body, "{ { include ! ( \"x\" ) } }"), Err("include"));
    assert_eq!(verdict(PartKind::Parameter, "p : [ u8 ; { unsafe { 1 } } ]"), Err("unsafe"));
    assert_eq!(verdict(PartKind::Parameter, "p : & P"), Ok(()));
    assert_eq!(verdict(PartKind::Attribute, "# [ must_use ]"), Ok(()));
    assert_eq!(verdict(PartKind::Attribute, "# [ no_mangle ]"), Err("linkage"));
    assert_eq!(verdict(PartKind::Attribute, "# [ cfg_attr ( a , path = \"x\" ) ]"), Err("path"));
}
