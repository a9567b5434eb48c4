use indoc::{concatdoc, eprintdoc, formatdoc, indoc, panicdoc, printdoc, writedoc};
fn f(w: &mut String, x: u8) {
    indoc!("a\n b"); indoc! {"
        one
            two
          three
    "}; indoc!(r#"
    raw "x"
      y
    "#); indoc!(b"
        bytes
          more"); indoc!(""); indoc!("\
        line
        \tother"); indoc!(c"
          c
        ");
    formatdoc!("
        {x} {}
          {x:?}", 1, x = 2); formatdoc!("a"); printdoc!("
      {}", x); eprintdoc!("
      {x}"); writedoc!(w, "
      {}
        {x}", 1); panicdoc!("
      a {}", x); concatdoc!("a
       b", "
       c", env!("CARGO_PKG_NAME"));
    indoc!(1); indoc!(x); indoc!(); indoc!("a", "b"); formatdoc!(x); writedoc!(w); indoc!('c'); concatdoc!(x); printdoc!();
}
