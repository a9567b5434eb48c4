//! Heads of functions, in parts.

use super::*;

fn read(source: &str) -> Function {
    Function::read(source.parse().expect(source)).unwrap_or_else(|_| panic!("{source}"))
}

#[test]
fn what_was_read_is_written_again() {
    for source in [
        "fn f () { }",
        "# [a] # [b (c)] pub (crate) const unsafe extern \"C\" fn f (a : u8) -> u8 { a }",
        "fn f < 'a , T : Fn (u8) -> Vec < u8 > , const N : usize > (& 'a self , b : & 'a T) ;",
        "async fn f (mut self : Pin < & mut Self > , (a , b) : (A , B) , # [x] c : M < K , V >) where Self : Sized { }",
        "fn r#fn (a :: B { c , .. } : a :: B , _ : fn (A , B) -> C) -> impl Iterator < Item = u8 > + '_ { }",
        "fn f (self) -> <T as A < B >> :: C where T : D { }",
    ] {
        let source = source.parse::<TokenStream>().expect(source).to_string();
        assert_eq!(read(&source).into_token_stream().to_string(), source);
    }
}

#[test]
fn what_is_no_function_is_refused() {
    for source in
        ["", "fn", "fn f", "fn f ( )", "struct S ;", "fn f ( ) { } fn g ( ) { }", "fn ( )"]
    {
        assert!(Function::read(source.parse().expect(source)).is_err(), "{source}");
    }
}

#[test]
fn parameters_have_names_where_they_are_one() {
    let names = |source: &str| -> Vec<String> {
        let name = |one: Parameter| one.name.map_or("?".to_owned(), |name| name.to_string());
        read(source).parameters.into_iter().map(name).collect()
    };
    let source = "fn f (& 'a mut self , mut b : u8 , (c , d) : (u8 , u8) , E { f } : E , _ : fn (a : u8)) { }";
    assert_eq!(names(source), ["self", "b", "?", "?", "_"]);
    assert_eq!(names("fn f (a : & [M < u8 , u8 >] , b : a :: B < { 1 } > ,) { }"), ["a", "b"]);
    assert!(read("fn f (self : & Rc < Self >) { }").has_receiver());
    assert!(!read("fn f (this : & Self) { }").has_receiver());
}

#[test]
fn lifetimes_alone_are_not_generic() {
    for (source, generic) in [
        ("fn f ( ) { }", false),
        ("fn f < 'a , 'b : 'a > (a : & 'a u8) { }", false),
        ("fn f < 'a , T > (a : & 'a T) { }", true),
        ("fn f < const N : usize > ( ) { }", true),
        ("fn f (a : impl Fn ( )) { }", true),
        ("fn f (a : & (dyn Fn ( ) + 'a , u8)) { }", false),
        ("fn f (a : Vec < (impl A , u8) >) { }", true),
    ] {
        assert_eq!(read(source).is_generic(), generic, "{source}");
    }
}
