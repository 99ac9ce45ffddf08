#pragma once

#include <boost/asio/ip/address.hpp>
#include <string>

namespace steelie::api::net {

/// Who counts as one peer: an IPv4 address, or a network of 64 bits, which one IPv6 host can have for itself.
std::string PeerOf(const boost::asio::ip::address& address);

}  // namespace steelie::api::net
