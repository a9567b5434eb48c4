use rkyv::{Archive, Deserialize, Serialize, Portable};
#[derive(Archive, Serialize, Deserialize)] #[rkyv(derive(Debug, Clone), compare(PartialEq, PartialOrd), archived = Arch, resolver = Res)] pub struct A { a: u8, #[rkyv(with = Inline)] b: String }
#[derive(Archive, Serialize, Deserialize)] #[rkyv(archive_bounds(T::Archived: Clone), serialize_bounds(__S: Writer), deserialize_bounds(__D::Error: Source))] struct B<T> where T: Copy { #[rkyv(omit_bounds)] a: Option<Box<B<T>>>, b: T }
#[derive(Archive, Serialize, Deserialize)] #[rkyv(crate = other::rkyv, attr(doc = "x"), archived = "Text")] struct C(u8, #[rkyv(with = [A, B])] u16);
#[derive(Archive, Serialize, Deserialize)] #[rkyv(as = Other<T::Archived>)] struct D<T: Archive>(T);
#[derive(Archive, Serialize, Deserialize)] #[rkyv(remote = std::time::Duration)] struct E { #[rkyv(getter = secs)] secs: u64 }
#[derive(Archive, Serialize, Deserialize)] #[repr(u8)] enum F { A, B(u8, String), C { r#type: u8, #[rkyv(attr(doc = "y"))] d: Vec<u8> } }
#[derive(Archive, Serialize, Deserialize)] #[rkyv(bytecheck(bounds(__C: ArchiveContext)))] enum G<'a, T: 'a> { A(&'a T), #[rkyv(other)] B }
#[derive(Portable)] #[repr(C)] struct H { a: u8 } #[derive(Portable)] #[repr(u8)] enum I { A, B(u8) } #[derive(Portable)] #[repr(transparent)] struct J<T>(T); #[derive(Portable)] struct K;
#[derive(Archive)] #[rkyv(unknown)] struct Wrong1; #[derive(Archive)] #[rkyv(archived = A, archived = B)] struct Wrong2; #[derive(Archive)] union Wrong3 { a: u8 }
