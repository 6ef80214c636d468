// The C++ side of the Cython module: blocking calls without the GIL that Ctrl-C can end, and errors as Python exceptions.
//
// A function here is called with the GIL and throws PythonError (a Python exception is set) or StatusError; SetPythonError()
// translates both, as Cython's exception handler.
#pragma once

#include <Python.h>
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "arrow/python/common.h"
#include "mutoscope/client.h"
#include "mutoscope/error.h"
#include "mutoscope/server.h"

namespace mutoscope::python {

struct PythonError {};
struct StatusError {
  arrow::Status status;
};

// Python exception types by gRPC code; set once when the module is loaded, kept for ever.
inline PyObject* exception_of_code[17] = {};

inline void SetExceptionOfCode(int code, PyObject* type) {
  Py_XINCREF(type);
  exception_of_code[code] = type;
}

// The text for the user: the server's own, without Arrow's word for the kind where the exception's type says it.
inline void SetPythonError() {
  try {
    throw;
  } catch (const PythonError&) {
  } catch (const StatusError& error) {
    if (arrow::py::IsPyError(error.status)) {  // raised by an iterator of Python's that a call read
      arrow::py::RestorePyError(error.status);
      return;
    }
    PyObject* type = exception_of_code[static_cast<int>(ErrorCodeOf(error.status))];
    PyErr_SetString(type != nullptr ? type : PyExc_RuntimeError, error.status.message().c_str());
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
}

// Calls under way on workers. Never destroyed: some go on behind an interrupted wait.
class CallsUnderWay {
 public:
  static CallsUnderWay& Instance() {
    static auto* calls = new CallsUnderWay;
    return *calls;
  }
  void Begin() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void End() {
    const std::lock_guard lock(mutex_);
    --count_;
    changed_.notify_all();
  }
  void WaitForAll() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ == 0; });
  }
  // In a forked child, where none of them runs: its state may be that of any moment.
  void Forget() { new (this) CallsUnderWay; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t count_ = 0;
};

// A thread for one call after the other, so that the thread that asked can look after signals while it waits.
class Worker {
 public:
  Worker() : state_(std::make_shared<State>()) {
    sigset_t all, before;  // signals are for the threads of Python
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread([state = state_] { Run(*state); }).detach();
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  // A call that is still running goes on to its end; then the thread ends.
  ~Worker() {
    const std::lock_guard lock(state_->mutex);
    state_->ended = true;
    state_->changed.notify_all();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void Start(std::function<void()> call) {
    const std::lock_guard lock(state_->mutex);
    CallsUnderWay::Instance().Begin();
    state_->call = std::move(call);
    state_->busy = true;
    state_->changed.notify_all();
  }

  // Whether the call has ended.
  bool WaitFor(std::chrono::milliseconds timeout) {
    std::unique_lock lock(state_->mutex);
    return state_->changed.wait_for(lock, timeout, [&] { return !state_->busy; });
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::function<void()> call;
    bool busy = false, ended = false;
  };

  static void Run(State& state) {
    std::unique_lock lock(state.mutex);
    while (true) {
      state.changed.wait(lock, [&] { return state.call || state.ended; });
      if (!state.call) return;
      auto call = std::exchange(state.call, nullptr);
      lock.unlock();
      call();
      call = nullptr;
      CallsUnderWay::Instance().End();
      lock.lock();
      state.busy = false;
      state.changed.notify_all();
    }
  }

  std::shared_ptr<State> state_;
};

// Threads that wait for work. Guarded by the GIL; never destroyed, as calls may outlive main().
inline std::vector<std::unique_ptr<Worker>>& IdleWorkers() {
  static auto* workers = new std::vector<std::unique_ptr<Worker>>;
  return *workers;
}

inline constexpr size_t kIdleWorkersMax = 4;
inline constexpr std::chrono::milliseconds kSignalInterval{50};

inline unsigned long main_thread = 0;  // Python's identifier of the thread that gets signals

// When the module is loaded, and in a forked child, which has one thread only: the workers are not there any more.
inline void SetMainThread() {
  main_thread = PyThread_get_thread_ident();
  CallsUnderWay::Instance().Forget();
  for (auto& worker : IdleWorkers()) (void)worker.release();
  IdleWorkers().clear();
}

inline bool IsMainThread() { return PyThread_get_thread_ident() == main_thread; }

class WithoutGil {
 public:
  WithoutGil() : state_(PyEval_SaveThread()) {}
  ~WithoutGil() { PyEval_RestoreThread(state_); }
  WithoutGil(const WithoutGil&) = delete;
  WithoutGil& operator=(const WithoutGil&) = delete;

 private:
  PyThreadState* state_;
};

// A call on a worker that may be waited for in parts.
template <class Result>
class Running {
 public:
  template <class Call>
  explicit Running(Call call) : outcome_(std::make_shared<std::optional<Result>>()) {
    if (IdleWorkers().empty()) {
      worker_ = std::make_unique<Worker>();
    } else {
      worker_ = std::move(IdleWorkers().back());
      IdleWorkers().pop_back();
    }
    worker_->Start([outcome = outcome_, call = std::move(call)]() mutable { outcome->emplace(call()); });
  }

  // The result, or nothing if the time is over. Looks after signals every 50 ms if this is the main thread; throws PythonError if
  // one of their handlers raised.
  std::optional<Result> WaitFor(std::optional<std::chrono::milliseconds> timeout) {
    const auto start = std::chrono::steady_clock::now();
    while (true) {
      auto slice = kSignalInterval;
      if (timeout) {
        const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
        slice = std::min(slice, *timeout - passed);
      }
      bool done = false;
      {
        const WithoutGil released;
        done = worker_->WaitFor(std::max(slice, std::chrono::milliseconds(0)));
      }
      if (done) break;
      if (IsMainThread() && PyErr_CheckSignals() != 0) throw PythonError{};
      if (timeout && std::chrono::steady_clock::now() - start >= *timeout) return std::nullopt;
    }
    if (IdleWorkers().size() < kIdleWorkersMax) IdleWorkers().push_back(std::move(worker_));
    return std::move(*outcome_);
  }

 private:
  std::shared_ptr<std::optional<Result>> outcome_;
  std::unique_ptr<Worker> worker_;
};

template <class T>
T Value(arrow::Result<T> result) {
  if (!result.ok()) throw StatusError{result.status()};
  return std::move(result).MoveValueUnsafe();
}

inline void Check(const arrow::Status& status) {
  if (!status.ok()) throw StatusError{status};
}

// Before the process ends: what is destroyed then, Arrow's memory pools among it, must not be in use any more.
inline void WaitForCalls() {
  const WithoutGil released;
  CallsUnderWay::Instance().WaitForAll();
}

// What `call` returns. On the main thread Ctrl-C ends the wait (the call goes on behind it).
template <class Call>
auto Blocking(Call call) -> decltype(call()) {
  if (IsMainThread()) return std::move(*Running<decltype(call())>(std::move(call)).WaitFor(std::nullopt));
  const WithoutGil released;
  return call();
}

// A shared object of the engine that a forked child must never destroy: its threads and connections are the parent's.
template <class T>
class Kept {
 public:
  Kept() = default;
  explicit Kept(std::shared_ptr<T> object) : object_(std::move(object)), pid_(getpid()) {}
  Kept(const Kept&) = default;
  Kept(Kept&&) = default;
  Kept& operator=(const Kept& other) { return *this = Kept(other); }
  Kept& operator=(Kept&& other) noexcept {
    Drop();
    object_ = std::move(other.object_);
    pid_ = other.pid_;
    return *this;
  }
  ~Kept() { Drop(); }

  const std::shared_ptr<T>& get() const {
    if (!object_) {
      PyErr_SetString(PyExc_RuntimeError, "this object is closed");
      throw PythonError{};
    }
    if (pid_ != getpid()) {
      PyErr_SetString(PyExc_RuntimeError,
                      "this object belongs to the process that forked this one: open it again in this process");
      throw PythonError{};
    }
    return object_;
  }
  void Reset() { Drop(); }

 private:
  // Destroying may block (a server stops, a query ends): other threads of Python go on meanwhile.
  void Drop() {
    if (!object_) return;
    if (pid_ != getpid()) {
      new std::shared_ptr<T>(std::move(object_));
    } else if (PyGILState_Check()) {
      const WithoutGil released;
      object_.reset();
    }
    object_ = nullptr;
  }

  std::shared_ptr<T> object_;
  pid_t pid_ = 0;
};

using KeptCatalog = Kept<Catalog>;
using KeptDataset = Kept<Dataset>;
using KeptServer = Kept<Server>;
using KeptTable = Kept<Table>;

inline KeptCatalog OpenCatalog(const CatalogOptions& options) {
  return KeptCatalog(Value(Blocking([=] { return Catalog::Open(options); })));
}

inline KeptCatalog Connect(const std::string& url, int64_t timeout_ns) {
  return KeptCatalog(Value(Blocking([=] { return Client::Connect(url, {std::chrono::nanoseconds(timeout_ns)}); })));
}

inline VersionInfo Version(const KeptCatalog& catalog) {
  return Value(Blocking([held = catalog.get()] { return held->Version(); }));
}

inline std::vector<Entry> Entries(const KeptCatalog& catalog, bool include_hidden) {
  return Value(Blocking([=, held = catalog.get()] { return held->Entries(include_hidden); }));
}

inline KeptDataset GetDataset(const KeptCatalog& catalog, const std::string& name) {
  return KeptDataset(Value(Blocking([=, held = catalog.get()] { return held->GetDataset(name); })));
}

inline KeptDataset GetDatasetById(const KeptCatalog& catalog, const std::string& id) {
  return KeptDataset(Value(Blocking([=, held = catalog.get()] { return held->GetDatasetById(id); })));
}

inline KeptDataset CreateDataset(const KeptCatalog& catalog, const std::string& name) {
  return KeptDataset(Value(Blocking([=, held = catalog.get()] { return held->CreateDataset(name); })));
}

inline Entry RenameEntry(const KeptCatalog& catalog, const std::string& id, const std::string& name) {
  return Value(Blocking([=, held = catalog.get()] { return held->RenameEntry(id, name); }));
}

inline void DeleteEntry(const KeptCatalog& catalog, const std::string& id) {
  Check(Blocking([=, held = catalog.get()] { return held->DeleteEntry(id); }));
}

inline KeptTable GetTable(const KeptCatalog& catalog, const std::string& name) {
  return KeptTable(Value(Blocking([=, held = catalog.get()] { return held->GetTable(name); })));
}

inline KeptTable GetTableById(const KeptCatalog& catalog, const std::string& id) {
  return KeptTable(Value(Blocking([=, held = catalog.get()] { return held->GetTableById(id); })));
}

inline KeptTable CreateTable(const KeptCatalog& catalog, const std::string& name, const std::shared_ptr<arrow::Schema>& schema,
                             const std::optional<std::string>& url) {
  return KeptTable(Value(Blocking([=, held = catalog.get()] { return held->CreateTable(name, *schema, url); })));
}

inline KeptTable RegisterTable(const KeptCatalog& catalog, const std::string& name, const std::string& url) {
  return KeptTable(Value(Blocking([=, held = catalog.get()] { return held->RegisterTable(name, url); })));
}

inline void CancelTasks(const KeptCatalog& catalog, const std::vector<std::string>& ids) {
  Check(Blocking([=, held = catalog.get()] { return held->CancelTasks(ids); }));
}

inline std::string Stage(const KeptCatalog& catalog, const std::string& key,
                         const std::shared_ptr<arrow::io::RandomAccessFile>& content) {
  return Value(Blocking([=, held = catalog.get()] { return held->Stage(key, *content); }));
}

inline void DoGlobalMaintenance(const KeptCatalog& catalog) {
  Check(Blocking([held = catalog.get()] { return held->DoGlobalMaintenance(); }));
}

inline uint64_t TestBandwidth(const KeptCatalog& catalog, uint64_t bytes) {
  return Value(Blocking([=, held = catalog.get()] { return held->TestBandwidth(bytes); }));
}

inline std::vector<TaskState> WaitForTasks(const KeptCatalog& catalog, const std::vector<std::string>& ids, int64_t timeout_ns) {
  const auto cancelled = std::make_shared<std::atomic<bool>>(false);
  const auto wait = [=, held = catalog.get()] {
    return held->WaitForTasks(ids, std::chrono::nanoseconds(timeout_ns), [cancelled] { return cancelled->load(); });
  };
  try {
    return Value(Blocking(wait));
  } catch (const PythonError&) {
    cancelled->store(true);
    throw;
  }
}

inline Entry EntryOf(const KeptDataset& dataset) { return dataset.get()->entry(); }

inline DatasetDetails Details(const KeptDataset& dataset) {
  return Value(Blocking([held = dataset.get()] { return held->Details(); }));
}

inline void SetDetails(const KeptDataset& dataset, const DatasetDetails& details) {
  Check(Blocking([=, held = dataset.get()] { return held->SetDetails(details).status(); }));
}

inline std::vector<std::string> AssetsForSegment(const KeptDataset& dataset, const std::string& segment) {
  return Value(Blocking([=, held = dataset.get()] { return held->AssetsForSegment(segment); }));
}

inline std::vector<SegmentProperties> GetSegmentProperties(const KeptDataset& dataset, const std::vector<std::string>& segments) {
  return Value(Blocking([=, held = dataset.get()] { return held->GetSegmentProperties(segments); }));
}

inline uint64_t SetSegmentProperties(const KeptDataset& dataset, const std::string& segment,
                                     const std::shared_ptr<arrow::RecordBatch>& values, const std::optional<uint64_t>& expected) {
  return Value(Blocking([=, held = dataset.get()] { return held->SetSegmentProperties(segment, *values, expected); }));
}

inline void DeleteSegmentProperties(const KeptDataset& dataset, const std::vector<std::string>& segments) {
  Check(Blocking([=, held = dataset.get()] { return held->DeleteSegmentProperties(segments); }));
}

inline std::string DoMaintenance(const KeptDataset& dataset, const Maintenance& maintenance) {
  return Value(Blocking([=, held = dataset.get()] { return held->DoMaintenance(maintenance); }));
}

inline std::shared_ptr<arrow::Schema> Schema(const KeptDataset& dataset) {
  return Value(Blocking([held = dataset.get()] { return held->Schema(); }));
}

inline std::shared_ptr<arrow::Table> SegmentTable(const KeptDataset& dataset,
                                                  const std::optional<std::vector<std::string>>& columns) {
  return Value(Blocking([=, held = dataset.get()] { return held->SegmentTable(columns); }));
}

inline std::shared_ptr<arrow::Table> Manifest(const KeptDataset& dataset) {
  return Value(Blocking([held = dataset.get()] { return held->Manifest(); }));
}

inline std::vector<Registered> Register(const KeptDataset& dataset, const std::vector<Source>& sources, int on_duplicate) {
  return Value(Blocking([=, held = dataset.get()] { return held->Register(sources, static_cast<OnDuplicate>(on_duplicate)); }));
}

inline std::vector<Registered> Unregister(const KeptDataset& dataset, const std::vector<std::string>& segments,
                                          const std::vector<std::string>& layers) {
  return Value(Blocking([=, held = dataset.get()] { return held->Unregister(segments, layers); }));
}

inline std::shared_ptr<arrow::Schema> QuerySchema(const KeptDataset& dataset, const Request& request) {
  return Value(Blocking([=, held = dataset.get()] { return held->QuerySchema(request); }));
}

inline std::string Explain(const KeptDataset& dataset, const Request& request, bool run) {
  return Value(Blocking([=, held = dataset.get()] { return held->Explain(request, run); }));
}

// Without a worker: a cell of a catalog in this process takes less time than handing the call over.
inline std::shared_ptr<arrow::Array> Cell(const KeptDataset& dataset, const CellRequest& request, bool remote) {
  const auto& held = dataset.get();
  if (remote) return Value(Blocking([=] { return held->Cell(request); }));
  const auto result = [&] {
    const WithoutGil released;
    return held->Cell(request);
  }();
  return Value(result);
}

inline std::shared_ptr<arrow::dataset::Dataset> ArrowDataset(const KeptDataset& dataset, const Request& request) {
  return Value(Blocking([=, held = dataset.get()] { return ToArrowDataset(held, request); }));
}

inline Entry EntryOf(const KeptTable& table) { return table.get()->entry(); }

inline TableDetails Details(const KeptTable& table) {
  return Value(Blocking([held = table.get()] { return held->Details(); }));
}

inline TableDetails SetDefaultBlueprint(const KeptTable& table, const std::optional<std::string>& name) {
  return Value(Blocking([=, held = table.get()] { return held->SetDefaultBlueprint(name); }));
}

inline std::shared_ptr<arrow::Schema> Schema(const KeptTable& table) {
  return Value(Blocking([held = table.get()] { return held->Schema(); }));
}

// Of a request, what a table knows.
inline TableScan ScanOf(const Request& request) { return {request.columns, request.filter, request.limit}; }

inline std::shared_ptr<arrow::dataset::Dataset> ArrowDataset(const KeptTable& table, const Request& request) {
  return Value(Blocking([=, held = table.get()] { return ToArrowDataset(held, ScanOf(request)); }));
}

// Rows that end with an error once nobody waits for the call any more.
class CancellableRows final : public arrow::RecordBatchReader {
 public:
  explicit CancellableRows(std::shared_ptr<arrow::RecordBatchReader> rows) : rows_(std::move(rows)) {}
  std::shared_ptr<arrow::Schema> schema() const override { return rows_->schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    if (cancelled_) return arrow::Status::Cancelled("nobody waits for the write any more");
    return rows_->ReadNext(batch);
  }
  void Cancel() { cancelled_ = true; }

 private:
  const std::shared_ptr<arrow::RecordBatchReader> rows_;
  std::atomic<bool> cancelled_ = false;
};

// Ctrl-C on the main thread ends the write, which then leaves nothing.
inline void Write(const KeptTable& table, const std::shared_ptr<arrow::RecordBatchReader>& rows, int how) {
  const auto cancellable = std::make_shared<CancellableRows>(rows);
  try {
    Check(Blocking([=, held = table.get()] { return held->Write(*cancellable, static_cast<TableWrite>(how)); }));
  } catch (const PythonError&) {
    cancellable->Cancel();
    throw;
  }
}

// The rows of a query or a table. One thread at a time, except for Close() and statistics().
class Reader {
 public:
  Reader() = default;
  Reader(const KeptDataset& dataset, const Request& request)
      : reader_(Value(Blocking([=, held = dataset.get()]() -> Rows { return held->Query(request); }))) {}
  Reader(const KeptTable& table, const Request& request)
      : reader_(Value(Blocking([=, held = table.get()] { return held->Scan(ScanOf(request)); }))) {}

  std::shared_ptr<arrow::Schema> schema() const { return reader_.get()->schema(); }
  Statistics statistics() const {  // of a query; nothing is counted of a table
    const auto* query = dynamic_cast<const QueryReader*>(reader_.get().get());
    return query != nullptr ? query->statistics() : Statistics();
  }
  bool waits() const { return running_ != nullptr; }

  // The next batch; nullptr at the end. `timeout_ms` >= 0: nullptr with waits() if the time is over first; ask again then.
  // Ctrl-C on the main thread closes the query.
  std::shared_ptr<arrow::RecordBatch> Next(int timeout_ms) {
    if (ended_) return nullptr;
    if (!running_) running_ = std::make_unique<Running<Batch>>([held = reader_.get()]() -> Batch { return held->Next(); });
    try {
      auto result = running_->WaitFor(timeout_ms < 0 ? std::nullopt : std::optional(std::chrono::milliseconds(timeout_ms)));
      if (!result) return nullptr;
      running_.reset();
      auto batch = Value(std::move(*result));
      ended_ = batch == nullptr;
      return batch;
    } catch (const PythonError&) {
      running_.reset();
      (void)reader_.get()->Close();
      throw;
    }
  }

  void Close() {
    const auto held = reader_.get();
    const WithoutGil released;
    (void)held->Close();
  }

 private:
  using Batch = arrow::Result<std::shared_ptr<arrow::RecordBatch>>;
  using Rows = arrow::Result<std::shared_ptr<arrow::RecordBatchReader>>;
  Kept<arrow::RecordBatchReader> reader_;
  std::unique_ptr<Running<Batch>> running_;
  bool ended_ = false;
};

inline std::shared_ptr<Reader> Query(const KeptDataset& dataset, const Request& request) {
  return std::make_shared<Reader>(dataset, request);
}

inline std::shared_ptr<Reader> Scan(const KeptTable& table, const Request& request) {
  return std::make_shared<Reader>(table, request);
}

inline KeptServer StartServer(const ServerOptions& options) {
  return KeptServer(Value(Blocking([=]() -> arrow::Result<std::shared_ptr<Server>> {
    ARROW_ASSIGN_OR_RAISE(auto server, Server::Start(options));
    return std::shared_ptr<Server>(std::move(server));
  })));
}

inline void StopServer(const KeptServer& server) {
  const auto held = server.get();
  const WithoutGil released;
  held->Stop();
}

inline std::string ServerUrl(const KeptServer& server) { return server.get()->url(); }

inline uint16_t ServerPort(const KeptServer& server) { return server.get()->port(); }

inline KeptCatalog ServerCatalog(const KeptServer& server) { return KeptCatalog(server.get()->catalog()); }

}  // namespace mutoscope::python
