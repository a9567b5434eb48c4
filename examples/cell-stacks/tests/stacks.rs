//! What the generated code does.

use std::cell::RefCell;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use cell_stacks::account::Account;
use cell_stacks::bank::{Bank, FEES, Refused, fee, rate};
use cell_stacks::{AuthContext, Denied, OBSERVER};

thread_local! {
    /// What the observer was told, by thread and so by test.
    static SEEN: RefCell<Vec<(&'static str, bool)>> = const { RefCell::new(Vec::new()) };
}

/// Held by those who count and by those who deposit: what one changes all forget.
static DEPOSITS: Mutex<()> = Mutex::new(());

fn observed<T>(run: impl FnOnce() -> T) -> (T, Vec<(&'static str, bool)>) {
    OBSERVER
        .get_or_init(|| |name, entered| SEEN.with_borrow_mut(|seen| seen.push((name, entered))));
    SEEN.take();
    let value = run();
    (value, SEEN.take())
}

fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing here waits"),
    }
}

fn account(id: u64, owner: &str, balance: i64) -> Account {
    Account { id, owner: owner.to_owned(), balance }
}

fn user(roles: &[&'static str]) -> AuthContext {
    AuthContext { user: "ann".to_owned(), roles: roles.to_vec() }
}

#[test]
fn a_struct_is_a_table_and_an_index() {
    assert_eq!((Account::TABLE, Account::KEY), ("accounts", "id"));
    assert_eq!(Account::UPDATE, "update accounts set owner = $2, balance = $3 where id = $1");
    let bank = Bank::new("index", [account(1, "Ada Lovelace", 5), account(2, "Bob", 6)]);
    assert_eq!(bank.index().search("lovelace"), [&1]);
}

#[test]
fn what_is_kept_is_returned_until_it_changes() {
    let _alone = DEPOSITS.lock().unwrap_or_else(PoisonError::into_inner);
    let bank = Bank::new("kept", [account(1, "ada", 100), account(2, "bob", 7)]);
    let teller = user(&["teller"]);
    let balance = |id| ready(bank.balance(id, &teller));
    let looks = || bank.looks.load(Ordering::Relaxed);
    assert_eq!((balance(1), balance(1), looks()), (Ok(100), Ok(100), 1));
    assert_eq!((balance(2), looks()), (Ok(7), 2), "another account");
    assert_eq!((balance(1), looks()), (Ok(100), 2));
    // An error is found out again.
    assert_eq!(
        (balance(9), balance(9), looks()),
        (Err(Refused::NoAccount(9)), Err(Refused::NoAccount(9)), 4)
    );
    let other = Bank::new("other", [account(1, "ada", 3)]);
    assert_eq!(ready(other.balance(1, &teller)), Ok(3), "another bank");
    bank.deposit(1, 50, &teller).expect("a teller may");
    assert_eq!((balance(1), looks()), (Ok(150), 5));
}

#[test]
fn who_may_not_is_told_nothing() {
    let bank = Bank::new("denied", [account(1, "ada", 100)]);
    let denied = Denied { user: "ann".to_owned(), role: "teller".to_owned() };
    assert_eq!(ready(bank.balance(1, &user(&["teller"]))), Ok(100));
    // It is kept, and still not for everybody.
    let refused = ready(bank.balance(1, &user(&["guest"])));
    assert_eq!(refused, Err(Refused::Denied(denied.clone())));
    assert_eq!(bank.deposit(1, 5, &user(&[])), Err(Refused::Denied(denied)));
    assert_eq!(ready(bank.balance(1, &user(&["teller"]))), Ok(100));
}

#[test]
fn a_span_is_what_it_took_to_find_out() {
    let _alone = DEPOSITS.lock().unwrap_or_else(PoisonError::into_inner);
    let bank = Bank::new("spans", [account(1, "ada", 100)]);
    let teller = user(&["teller"]);
    let both = |name| vec![(name, true), (name, false)];
    let (_, seen) = observed(|| ready(bank.balance(1, &teller)));
    assert_eq!(seen, both("balance"));
    let (value, seen) = observed(|| ready(bank.balance(8, &teller)));
    assert_eq!((value, seen), (Err(Refused::NoAccount(8)), both("balance")), "it left by `?`");
    let (_, seen) = observed(|| bank.deposit(1, 5, &teller));
    assert_eq!(seen, both("bank.deposit"));
    let (_, seen) = observed(|| bank.deposit(1, 5, &user(&[])));
    assert_eq!(seen, [], "who may not did not come in");
}

#[test]
fn what_is_kept_is_bounded_in_number() {
    let found_out = || FEES.load(Ordering::Relaxed);
    assert_eq!((fee("de", 1_000), fee("de", 1_000), found_out()), (2, 2, 1));
    assert_eq!((fee("de", 2_000), fee("usa", 1_000), found_out()), (4, 3, 3));
    // There is room for two, so the first is gone.
    assert_eq!((fee("de", 1_000), found_out()), (2, 4));
    assert_eq!((fee("usa", 1_000), found_out()), (3, 4));
}

#[test]
fn what_is_kept_is_bounded_in_time() {
    let first = rate("de".to_owned()).expect("a rate");
    std::thread::sleep(Duration::from_millis(20));
    assert!(rate("de".to_owned()) > Some(first));
    assert_eq!(rate("xx".to_owned()), None);
}
