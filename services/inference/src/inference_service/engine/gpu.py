"""Whether a graphics processor of NVIDIA can be used, asked of its driver before any library that would exit without one."""

import ctypes

DRIVER = "libcuda.so.1"


def problem(driver: str = DRIVER) -> str:
    """Why no graphics processor can be used; empty when one can."""
    try:
        cuda = ctypes.CDLL(driver)
    except OSError:
        return f"no NVIDIA driver is installed ({driver} was not found)"
    if not hasattr(cuda, "cuInit"):
        return f"{driver} is no NVIDIA driver"
    if status := cuda.cuInit(0):
        return f"the NVIDIA driver does not start (cuInit answered {status})"
    count = ctypes.c_int()
    if cuda.cuDeviceGetCount(ctypes.byref(count)) or not count.value:
        return "the NVIDIA driver sees no graphics processor"
    return ""
