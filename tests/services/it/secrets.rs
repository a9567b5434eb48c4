//! What no macro may be told.

use std::io;

use cell::{Builder, Service as _};

/// What opens an account.
#[cell::protein(secret)]
#[derive(Clone, PartialEq)]
pub struct Password(String);

/// A way to a password.
#[cell::protein]
#[derive(Clone, PartialEq)]
pub enum Key {
    /// None.
    Lost,
    /// Those of friends.
    Of(Vec<String>),
    /// One of one's own.
    Own(Password),
}

/// Somebody with an account.
#[cell::protein]
#[derive(Clone, PartialEq)]
pub struct User {
    name: String,
    key: Option<Key>,
}

/// Knows everybody.
#[cell::service]
pub(crate) struct Users;

#[cell::handler]
impl Users {
    /// Not for macros.
    async fn enter(&self, password: Password) -> bool {
        !password.0.is_empty()
    }

    /// For macros, by mistake.
    #[compile_time]
    async fn all(&self) -> Vec<User> {
        vec![User { name: "a".to_owned(), key: Some(Key::Lost) }]
    }
}

#[test]
fn the_schema_says_what_is_secret() {
    insta::assert_snapshot!(Users::schema(), @r"
    cell-schema 1
    service Users
    method all() -> list<User> at compile time
    method enter(password: Password) -> bool

    enum Key
      Lost
      Of(list<string>)
      Own(Password)

    secret type Password = string

    struct User
      name: string
      key: option<Key> or default
    ");
}

#[tokio::test]
async fn a_cell_that_would_tell_macros_does_not_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let cell = Builder::new("users").with(Users).in_folder(folder.path().join("run"));
    let error = cell.without_signals().serve().await.expect_err("it does not start");
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    insta::assert_snapshot!(error, @r"
    macros may not ask `Users::all`: its value holds the secret type `Password`, through `User.key`, `Key::Own`
    note: answers to macros are recorded in the files of a project
    help: take `#[compile_time]` off `all`, or leave `Password` out of what it takes and returns
    ");
}
