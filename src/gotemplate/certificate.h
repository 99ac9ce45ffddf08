#pragma once

#include "gotemplate/store.h"

namespace steelie::gotemplate {

/// The fields that a template sees of a certificate: the structure that Go's x509 package fills in. Bytes that are no
/// certificate (also none at all) give the raw bytes and zero values otherwise. Hostile input.
///
/// Not there, so that naming them is an error: the public key as an object, name constraints and policies.
Record ParseCertificateFields(ByteView der, Store& store);

}  // namespace steelie::gotemplate
