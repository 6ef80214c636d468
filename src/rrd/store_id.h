// Stores as messages name them (rrd.md §1.5, §2.9). Pure.
#pragma once

#include <span>
#include <string>
#include <tuple>

#include "arrow/result.h"
#include "rerun/v1alpha1/common.pb.h"
#include "rrd/recording.h"

namespace mutoscope::rrd {

using StoreKey = std::tuple<StoreKind, std::string, std::string>;  // kind, application id, recording id

inline StoreKey KeyOf(const Store& store) { return {store.kind, store.application_id, store.recording_id}; }

// The application id is empty where a file of 0.24 or older leaves it out. DATA_LOSS without a recording id.
arrow::Result<Store> StoreOf(const rerun::common::v1alpha1::StoreId& id);

// The store that a SetStoreInfo message announces, its application id taken from StoreInfo if StoreId has none. DATA_LOSS if it
// does not parse.
arrow::Result<Store> ParseSetStoreInfo(std::span<const uint8_t> message);

}  // namespace mutoscope::rrd
