//! Where what a function returned is kept: one `static` for each function.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

/// An expression for it, a `&'static` of a type that nobody else can name.
///
/// A `static` has to have a type with a name, and what a function takes and returns may be written in
/// ways that mean nothing elsewhere (`&str`, `Self`). So keys and values are kept as `dyn Any`: a
/// function that is not generic has one type of each.
pub(crate) fn kept(until: Option<&TokenStream>) -> TokenStream {
    let site = Span::mixed_site();
    let until = until.map(|until| {
        quote_spanned! { site =>
            static WATCHES: ::std::sync::Once = ::std::sync::Once::new();
            WATCHES.call_once(|| #until(|_| KEPT.forget()));
        }
    });
    quote_spanned! { site => {
        struct Entry {
            key: ::std::boxed::Box<dyn ::core::any::Any + ::core::marker::Send>,
            value: ::std::boxed::Box<dyn ::core::any::Any + ::core::marker::Send>,
            hash: u64,
            until: ::std::time::Instant,
        }

        /// The oldest first.
        struct Kept(::std::sync::Mutex<::std::collections::VecDeque<Entry>>);

        impl Kept {
            fn entries(
                &self,
            ) -> ::std::sync::MutexGuard<'_, ::std::collections::VecDeque<Entry>> {
                self.0.lock().unwrap_or_else(::std::sync::PoisonError::into_inner)
            }

            fn find<K, V>(&self, key: &K) -> ::core::option::Option<V>
            where
                K: ::core::hash::Hash + ::core::cmp::Eq + 'static,
                V: ::core::clone::Clone + 'static,
            {
                let (hash, now) = (hash(key), ::std::time::Instant::now());
                let entries = self.entries();
                let found = entries.iter().find(|entry| {
                    entry.hash == hash
                        && entry.until > now
                        && entry.key.downcast_ref::<K>().is_some_and(|known| known == key)
                })?;
                found.value.downcast_ref::<V>().cloned()
            }

            fn keep<K, V>(&self, key: K, value: &V, millis: u64, capacity: usize)
            where
                K: ::core::hash::Hash + ::core::cmp::Eq + ::core::marker::Send + 'static,
                V: ::core::clone::Clone + ::core::marker::Send + 'static,
            {
                let (hash, now) = (hash(&key), ::std::time::Instant::now());
                let ::core::option::Option::Some(until) =
                    now.checked_add(::core::time::Duration::from_millis(millis))
                else {
                    return;
                };
                let value = ::std::boxed::Box::new(::core::clone::Clone::clone(value));
                let mut entries = self.entries();
                entries.retain(|entry| {
                    let same = entry.hash == hash
                        && entry.key.downcast_ref::<K>().is_some_and(|known| *known == key);
                    entry.until > now && !same
                });
                while entries.len() >= capacity {
                    entries.pop_front();
                }
                let key = ::std::boxed::Box::new(key);
                entries.push_back(Entry { key, value, hash, until });
            }

            #[allow(dead_code)]
            fn forget(&self) {
                self.entries().clear();
            }
        }

        fn hash(key: &impl ::core::hash::Hash) -> u64 {
            let mut hasher = ::std::collections::hash_map::DefaultHasher::new();
            ::core::hash::Hash::hash(key, &mut hasher);
            ::core::hash::Hasher::finish(&hasher)
        }

        static KEPT: Kept =
            Kept(::std::sync::Mutex::new(::std::collections::VecDeque::new()));
        #until
        &KEPT
    }}
}
