//! Made by the test in `src/generated.rs`; do not edit.

///`select owner, balance from accounts where owner = ?`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ByOwner;
#[allow(dead_code)]
impl ByOwner {
    /// The statement.
    pub(super) const SQL: &'static str = "select owner, balance from accounts where owner = ?";
    /// The table that it reads.
    pub(super) const TABLE: &'static str = "accounts";
    /// The columns of its rows; none for `*`.
    pub(super) const COLUMNS: [&'static str; 2usize] = ["owner", "balance"];
    /// The columns that its parameters are compared with.
    pub(super) const PARAMETERS: [&'static str; 1usize] = ["owner"];
}
///`select * from accounts`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct All;
#[allow(dead_code)]
impl All {
    /// The statement.
    pub(super) const SQL: &'static str = "select * from accounts";
    /// The table that it reads.
    pub(super) const TABLE: &'static str = "accounts";
    /// The columns of its rows; none for `*`.
    pub(super) const COLUMNS: [&'static str; 0usize] = [];
    /// The columns that its parameters are compared with.
    pub(super) const PARAMETERS: [&'static str; 0usize] = [];
}
pub(super) fn parts() -> (&'static str, usize, [&'static str; 2]) {
    let rich = {
        #[allow(dead_code)]
        struct Query<const COLUMNS: usize, const PARAMETERS: usize> {
            sql: &'static str,
            table: &'static str,
            columns: [&'static str; COLUMNS],
            parameters: [&'static str; PARAMETERS],
        }
        Query::<1usize, 2usize> {
            sql: "select id from accounts where balance > ? limit ?",
            table: "accounts",
            columns: ["id"],
            parameters: ["balance", "limit"],
        }
    };
    (rich.sql, rich.columns.len(), rich.parameters)
}
