use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Parser)]
#[command(version, about, long_about = None)]
struct Cli { /// The name
    #[arg(short, long)] name: String, /// How often
    #[arg(short, long, default_value_t = 1)] count: u8 }

/// Does a thing
///
/// And says so, at length.
#[derive(Parser, Debug)]
#[command(name = "it", author = "One", version = "1.0", next_line_help = true, propagate_version = true)]
pub struct Named { #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)] file: Option<PathBuf>, #[arg(long = "other", env = "OTHER", hide_env_values = true)] other: Vec<String>, #[command(subcommand)] command: Option<Commands>, #[command(flatten)] more: More }

#[derive(Subcommand)]
#[command(rename_all = "kebab-case")]
enum Commands { /// Adds
    Add { #[arg(required = true)] names: Vec<String> }, Remove(RemoveArgs), #[command(alias = "l", visible_alias = "ls")] ListAll, #[command(external_subcommand)] External(Vec<String>), #[command(subcommand)] Nested(Nested), #[command(skip)] Skipped }

#[derive(Subcommand)]
enum Nested { A, B { #[arg(short = 'x', long = "xx", action = clap::ArgAction::Count)] verbose: u8 } }

#[derive(Args)]
struct RemoveArgs { #[arg(from_global)] verbose: bool, #[arg(trailing_var_arg = true, allow_hyphen_values = true)] rest: Vec<String> }

#[derive(Args)]
#[group(required = true, multiple = false)]
struct More { #[arg(long)] a: bool, #[arg(long, conflicts_with = "a", requires_if("x", "y"))] b: Option<Option<String>>, #[arg(long)] c: Option<Vec<u8>>, #[arg(skip)] d: u8, #[arg(skip = vec![1])] e: Vec<u8> }

#[derive(ValueEnum, Clone, Copy)]
enum Mode { /// Quick
    Fast, #[value(name = "s", alias = "sl", help = "Slow")] Slow, #[value(skip)] Hidden }

#[derive(ValueEnum, Clone)]
#[value(rename_all = "SCREAMING_SNAKE_CASE")]
enum Level { VeryLow, VeryHigh }

#[derive(Parser)]
struct Types { a: bool, b: u8, c: Option<u8>, d: Vec<u8>, e: Option<Vec<u8>>, f: Option<Option<u8>>, #[arg(long)] g: bool, #[arg(long)] h: Option<bool>, i: (), #[arg(long, num_args = 0..=1, default_missing_value = "x", require_equals = true)] j: String, #[arg(value_parser = clap::value_parser!(u16).range(1..))] k: u16 }

#[derive(Parser)]
struct Raw { #[arg(long)] r#type: String, #[arg(long, id = "other")] r#fn: String, #[arg(long, value_enum, default_value_t)] mode: Mode, #[arg(long, default_value_os_t = PathBuf::from("x"))] path: PathBuf, #[arg(long, default_values_t = [1, 2])] list: Vec<u8> }

#[derive(Parser)]
struct Generic<T: Args, const N: usize> where T: Clone { #[command(flatten)] inner: T, #[arg(default_value = "x", verbatim_doc_comment)] /** a
  b
  */ b: String }

#[derive(Parser)]
#[command(group(clap::ArgGroup::new("g").args(["a"])), arg_required_else_help(true), after_help = concat!("a", "b"), help_template = "{name}")]
struct Calls { a: u8 }

#[derive(Parser)]
enum Direct { One(Types), #[command(flatten)] Two(Nested), Three }

#[derive(Parser)]
struct Unit;
#[derive(Parser)]
struct New(Types);
#[derive(Subcommand)]
enum Documented { /// first line
    /// second line
    ///
    /// paragraph
    #[command(long_about = "x")] A, #[doc = "b"] #[cfg(all())] B }
#[derive(Parser)]
#[command(version = "1.0", rename_all = "lower", rename_all_env = "camelCase")]
struct Env { #[arg(long, env)] some_name: String, #[arg(env = "X")] other: u8, #[arg(short = '1', short_alias = 'b', aliases = ["c", "d"])] c: bool }
#[derive(Args)]
#[command(next_help_heading = "Heading")]
struct Heading { #[arg(help_heading = "Other", display_order = 1, hide = true, last = true)] a: Vec<String>, #[arg(long, overrides_with_all = ["a"], global = true)] b: bool }
#[derive(Parser)]
#[group(id = "named", skip)]
struct Group { #[arg(raw = true)] a: String, #[arg(long, value_delimiter = ',', index = 1)] b: Vec<u8> }

#[derive(Parser)]
#[command(nothing_like_that, unknown = 1, rename_all = "x")]
struct Wrong1 { #[arg(short, subcommand)] a: u8 }
#[derive(Parser)]
struct Wrong2 { #[command(subcommand)] a: Commands, #[command(subcommand)] b: Commands }
#[derive(ValueEnum)]
enum Wrong3 { A(u8) }
#[derive(Args)]
struct Wrong4 { #[arg(default_value = "a", default_value_t = 1)] a: u8, #[arg(long(1, 2))] b: u8, #[structopt(long)] c: u8 }
