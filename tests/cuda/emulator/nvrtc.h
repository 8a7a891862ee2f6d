#pragma once
enum nvrtcResult { NVRTC_SUCCESS = 0 };
