//! Small programs whose items are made by `macro_rules!` from fragments: `$e:expr`, `$t:ty` and so
//! on arrive in groups without delimiters, which a macro that rebuilds tokens destroys.
//!
//! Each program stands in a module, has `#[ID]` on an item, and `run()` says what it does. The test
//! puts an identity in the place of `ID` and compares what is said.

/// Fragment, macro parameters, its body (an item with `#[ID]`, and `run`), and how it is called.
pub(super) struct Program {
    pub(super) name: String,
    pub(super) source: String,
}

struct Family {
    name: &'static str,
    /// Parameters of the `macro_rules!`.
    parameters: &'static str,
    /// Arguments, with which each body is tried.
    arguments: &'static [&'static str],
    bodies: &'static [&'static str],
}

const FAMILIES: &[Family] = &[
    Family {
        name: "expr",
        parameters: "$e:expr",
        arguments: &["1 + 2"],
        bodies: &[
            "#[ID] fn f() -> i32 { $e * 3 } pub fn run() -> String { f().to_string() }",
            "#[ID] const C: i32 = $e * 3; pub fn run() -> String { C.to_string() }",
            "#[ID] static S: i32 = 10 - $e; pub fn run() -> String { S.to_string() }",
            "#[ID] fn f() -> i32 { -$e } pub fn run() -> String { f().to_string() }",
            "#[ID] fn f() -> i32 { !$e } pub fn run() -> String { f().to_string() }",
            "#[ID] fn f() -> i32 { i32::pow($e, 2) } pub fn run() -> String { f().to_string() }",
            "#[ID] fn f() -> u8 { $e as u8 * 2 } pub fn run() -> String { f().to_string() }",
            "#[ID] fn f() -> [u8; $e * 2] { [7; $e * 2] } pub fn run() -> String { format!(\"{:?}\", f()) }",
            "#[ID] fn f(x: i32) -> bool { x == $e && $e == x } pub fn run() -> String { f(3).to_string() }",
            "#[ID] fn f() -> i32 { (0..$e * 2).sum() } pub fn run() -> String { f().to_string() }",
            "#[ID] fn f() -> i32 { match 9 { n if n == $e * 3 => 1, _ => 0 } } pub fn run() -> String { f().to_string() }",
            "#[ID] fn f() -> i32 { let g = |x: i32| x * $e * x; g(2) } pub fn run() -> String { f().to_string() }",
            "#[ID] mod m { pub const D: i32 = 2 * $e * 2; } pub fn run() -> String { m::D.to_string() }",
            "#[ID] fn f() -> i32 { ($e) * ($e) } pub fn run() -> String { f().to_string() }",
            "#[ID] enum E { A = $e * 2 } pub fn run() -> String { (E::A as i32).to_string() }",
            "#[ID] struct A([u8; $e * 2]); pub fn run() -> String { std::mem::size_of::<A>().to_string() }",
            "pub struct T; #[ID] impl T { const N: i32 = 7 % $e * 2; } pub fn run() -> String { T::N.to_string() }",
            "#[ID] trait T { fn n(&self) -> i32 { $e * 5 } } impl T for () {} pub fn run() -> String { ().n().to_string() }",
        ],
    },
    Family {
        name: "ty",
        parameters: "$t:ty",
        arguments: &["dyn Fn() -> u8 + Send"],
        bodies: &[
            "#[ID] fn f<'a>(x: &'a $t) -> u8 { x() } pub fn run() -> String { f(&|| 3).to_string() }",
            "#[ID] struct S<'a> { x: &'a $t } pub fn run() -> String { (S { x: &|| 4 }.x)().to_string() }",
            "#[ID] fn f(x: Box<$t>) -> u8 { x() } pub fn run() -> String { f(Box::new(|| 5)).to_string() }",
            "#[ID] fn f() -> usize { std::mem::size_of::<&$t>() } pub fn run() -> String { f().to_string() }",
            "#[ID] fn f(x: *const $t) -> bool { x.is_null() } pub fn run() -> String { let x = || 1u8; f(&x as &$t).to_string() }",
            "#[ID] trait T { fn g(&self, x: &$t) -> u8 { x() } } impl T for () {} pub fn run() -> String { ().g(&|| 6).to_string() }",
            "#[ID] fn f() -> Vec<Box<$t>> { vec![Box::new(|| 7)] } pub fn run() -> String { f()[0]().to_string() }",
        ],
    },
    Family {
        name: "pat",
        parameters: "$p:pat",
        arguments: &["Some(1) | Some(2)"],
        bodies: &[
            "#[ID] fn f(x: Option<i32>) -> bool { matches!(x, $p) } pub fn run() -> String { format!(\"{}{}\", f(Some(2)), f(None)) }",
            "#[ID] fn f(x: &Option<i32>) -> i32 { match x { &($p) => 1, _ => 2 } } pub fn run() -> String { f(&Some(1)).to_string() }",
            "#[ID] fn f(x: (Option<i32>, i32)) -> i32 { match x { ($p, n) => n, _ => 0 } } pub fn run() -> String { f((Some(2), 5)).to_string() }",
            "#[ID] fn f(x: Result<Option<i32>, ()>) -> bool { if let Ok($p) = x { true } else { false } } pub fn run() -> String { f(Ok(Some(1))).to_string() }",
            "#[ID] fn f(x: Option<i32>) -> i32 { let ($p) = x else { return 9 }; 1 } pub fn run() -> String { format!(\"{}{}\", f(Some(1)), f(None)) }",
            "#[ID] fn f(x: &[Option<i32>]) -> usize { x.iter().filter(|o| matches!(**o, $p)).count() } pub fn run() -> String { f(&[Some(1), None, Some(2)]).to_string() }",
        ],
    },
    Family {
        name: "vis",
        parameters: "$v:vis,",
        arguments: &["pub(super),", ","],
        bodies: &[
            "mod m { #[ID] $v struct S(pub u8); pub fn g() -> u8 { S(1).0 } } pub fn run() -> String { m::g().to_string() }",
            "#[ID] $v fn f() -> u8 { 2 } pub fn run() -> String { f().to_string() }",
            "#[ID] $v const C: u8 = 3; pub fn run() -> String { C.to_string() }",
            "#[ID] struct S { $v x: u8 } pub fn run() -> String { S { x: 4 }.x.to_string() }",
            "#[ID] $v enum E { A = 5 } pub fn run() -> String { (E::A as u8).to_string() }",
            "#[ID] $v trait T { fn n(&self) -> u8 { 6 } } impl T for () {} pub fn run() -> String { ().n().to_string() }",
            "#[ID] $v mod m { pub const N: u8 = 7; } pub fn run() -> String { m::N.to_string() }",
        ],
    },
    Family {
        name: "block",
        parameters: "$b:block",
        arguments: &["{ let x = 2; x + 1 }"],
        bodies: &[
            "#[ID] fn f() -> i32 $b pub fn run() -> String { f().to_string() }",
            "#[ID] fn f() -> i32 { 2 * $b } pub fn run() -> String { f().to_string() }",
            "#[ID] const C: i32 = $b; pub fn run() -> String { C.to_string() }",
            "#[ID] fn f() -> i32 { let g = || $b; g() * 2 } pub fn run() -> String { f().to_string() }",
            "#[ID] fn f() -> i32 { if $b > 2 { 1 } else { 0 } } pub fn run() -> String { f().to_string() }",
            "#[ID] fn f() -> i32 { match $b { 3 => $b, _ => 0 } } pub fn run() -> String { f().to_string() }",
        ],
    },
    Family {
        name: "rest",
        parameters: "$i:ident $l:lifetime $n:literal $q:path, $a:meta, $s:stmt; $($r:tt)*",
        arguments: &["name 'x -1 ::std::primitive::i32, allow(dead_code), let y = 1 + 1; 7 * 3"],
        bodies: &[
            "#[ID] fn $i() -> i32 { $n } pub fn run() -> String { $i().to_string() }",
            "#[ID] fn f<$l>(s: &$l str) -> &$l str { s } pub fn run() -> String { f(stringify!($i)).to_string() }",
            "#[ID] fn f() -> i32 { 5 - $n } pub fn run() -> String { f().to_string() }",
            "#[ID] fn f(x: $q) -> $q { x } pub fn run() -> String { f(8).to_string() }",
            "#[ID] #[$a] fn f() {} pub fn run() -> String { \"quiet\".to_string() }",
            "#[ID] fn f() -> i32 { $s; 2 * $n } pub fn run() -> String { f().to_string() }",
            "#[ID] fn f() -> i32 { 100 - { $($r)* } } pub fn run() -> String { f().to_string() }",
            "#[ID] fn f() -> i32 { $l: loop { break $l $n } } pub fn run() -> String { f().to_string() }",
            "#[ID] struct $i { $i: $q } pub fn run() -> String { $i { $i: $n }.$i.to_string() }",
            "#[ID] impl std::fmt::Display for super::Shown { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, \"{}\", $n) } } pub fn run() -> String { super::Shown.to_string() }",
        ],
    },
];

/// All programs, each a module of its own.
pub(super) fn all() -> Vec<Program> {
    let mut programs = Vec::new();
    for family in FAMILIES {
        for (number, body) in family.bodies.iter().enumerate() {
            for (variant, arguments) in family.arguments.iter().enumerate() {
                let name = format!("{}_{number}_{variant}", family.name);
                let source = format!(
                    "mod {name} {{\n    macro_rules! make {{ ({}) => {{ {body} }}; }}\n    make!({arguments});\n}}\n",
                    family.parameters
                );
                programs.push(Program { name, source });
            }
        }
    }
    programs
}

/// One source file with all of them and a `main` that says what each does, with `identity` (an
/// attribute) in the place of `ID`.
pub(super) fn source(programs: &[Program], identity: &str) -> String {
    let mut source = String::from("#![allow(warnings)]\npub struct Shown;\n");
    let mut main = String::from("fn main() {\n");
    for program in programs {
        source.push_str(&program.source.replace("ID", identity));
        let name = &program.name;
        main.push_str(&format!("    println!(\"{name}: {{}}\", {name}::run());\n"));
    }
    source.push_str(&main);
    source.push_str("}\n");
    source
}
