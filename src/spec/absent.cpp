#include "src/spec/absent.h"

#include <algorithm>
#include <iterator>

namespace strata {
namespace {

struct Name {
  std::string_view kind, name;
};

// Each stands for a function or a file of another program.
constexpr std::string_view code[] = {"Lambda", "TFSMLayer", "TorchModuleWrapper", "FlaxLayer", "JaxLayer"};

// Classes of Keras 3 that are not built. One that is registered is found before anybody looks here.
constexpr Name not_built[] = {
    {"layer", "AdaptiveAveragePooling1D"}, {"layer", "AdaptiveAveragePooling2D"}, {"layer", "AdaptiveAveragePooling3D"},
    {"layer", "AdaptiveMaxPooling1D"}, {"layer", "AdaptiveMaxPooling2D"}, {"layer", "AdaptiveMaxPooling3D"},
    {"layer", "AugMix"}, {"layer", "AutoContrast"}, {"layer", "ContrastLimitedAdaptiveHistogramEqualization"},
    {"layer", "ConvLSTM1D"}, {"layer", "ConvLSTM2D"}, {"layer", "ConvLSTM3D"}, {"layer", "CutMix"}, {"layer", "Equalization"},
    {"layer", "HashedCrossing"}, {"layer", "MaxNumBoundingBoxes"}, {"layer", "MelSpectrogram"}, {"layer", "MixUp"},
    {"layer", "Pipeline"}, {"layer", "RandAugment"}, {"layer", "RandomColorDegeneration"}, {"layer", "RandomColorJitter"},
    {"layer", "RandomElasticTransform"}, {"layer", "RandomErasing"}, {"layer", "RandomGaussianBlur"}, {"layer", "RandomGrayscale"},
    {"layer", "RandomHue"}, {"layer", "RandomInvert"}, {"layer", "RandomPerspective"}, {"layer", "RandomPosterization"},
    {"layer", "RandomSaturation"}, {"layer", "RandomSharpness"}, {"layer", "RandomShear"}, {"layer", "ReversibleEmbedding"},
    {"layer", "STFTSpectrogram"}, {"layer", "Solarization"}, {"layer", "SpectralNormalization"},
    {"optimizer", "MultiOptimizer"}, {"loss", "CTC"}, {"initializer", "STFT"},
    {"callback", "OrbaxCheckpoint"}, {"callback", "RemoteMonitor"}, {"callback", "SwapEMAWeights"}};

}  // namespace

std::optional<Absence> absence_of(std::string_view kind, std::string_view name) {
  const std::string text(name);
  if (kind == "layer" && std::find(std::begin(code), std::end(code), name) != std::end(code))
    return Absence{"the layer " + text + " holds code: a spec and a model file are data and run none", "write it in C++ as a layer of its own, and register it"};
  for (const Name& absent : not_built)
    if (absent.kind == kind && absent.name == name)
      return Absence{"the " + std::string(kind) + " " + text + " of Keras is not built", "strata describe lists what there is"};
  return std::nullopt;
}

}  // namespace strata
