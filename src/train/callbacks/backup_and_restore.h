#pragma once

#include <strata/callback.h>

namespace strata {

// Where Keras keeps weights and an epoch's number, this keeps a whole checkpoint: what goes on from it has the same
// bits as what was never interrupted.
struct BackupAndRestore {
  Required<std::string> backup_dir = unset;
  Config save_freq = "epoch";
  bool double_checkpoint = false;
  bool delete_checkpoint = true;

  std::int64_t batches = 0;  // since the last backup

  static Schema schema() {
    return describe<BackupAndRestore>(
        "BackupAndRestore", "Goes on where an interrupted training stopped.",
        field("backup_dir", &BackupAndRestore::backup_dir, "Folder of the backups, of this training alone."),
        field("save_freq", &BackupAndRestore::save_freq, "epoch, or a number of batches."),
        field("double_checkpoint", &BackupAndRestore::double_checkpoint,
              "Whether the last backup but one is kept as well."),
        field("delete_checkpoint", &BackupAndRestore::delete_checkpoint,
              "Whether the backups go when training is done."));
  }

  bool acts_between_steps() const { return save_freq.as<std::int64_t>() != nullptr; }

  void on_train_begin(Training& t) {
    batches = 0;
    if (backup_dir->empty()) throw Error(ErrorKind::spec, "backup_dir of BackupAndRestore is empty");
    const auto* every = save_freq.as<std::int64_t>();
    if (save_freq != Config("epoch") && !(every && *every >= 1))
      throw Error(ErrorKind::spec,
                  "save_freq of BackupAndRestore must be epoch or a number of batches, received " + save_freq.str());
    // A run that is resumed from a checkpoint of its own stands where that says.
    if (t.step() == 0 && t.go_on_from(*backup_dir))
      t.say("BackupAndRestore: going on after step " + std::to_string(t.step()) + ".");
  }
  void on_train_batch_end(std::int64_t, const Logs&, Training& t) {
    const auto* every = save_freq.as<std::int64_t>();
    if (!every || ++batches < *every) return;
    batches = 0;
    back_up(t);
  }
  void on_epoch_end(int, Logs&, Training& t) {
    if (!save_freq.as<std::int64_t>()) back_up(t);
  }
  void on_train_end(const Logs&, Training& t) {
    if (delete_checkpoint) t.drop_backups(*backup_dir);
  }

  Config state() const { return Config::Mapping{{"batches", batches}}; }
  void restore(const Config& state) {
    for (const auto& [name, value] : *state.as<Config::Mapping>())
      if (name == "batches") Member<std::int64_t>::set(batches, value);
  }

 private:
  void back_up(Training& t) const { t.back_up(*backup_dir, double_checkpoint ? 2 : 1); }
};

}  // namespace strata
