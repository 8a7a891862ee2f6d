"""What nvidia-smi says of the device: clock, temperature, and why the clock is held down."""
import subprocess

FIELDS = {"name": "name", "driver": "driver_version", "sm_mhz": "clocks.sm", "celsius": "temperature.gpu", "watt": "power.draw",
          "held_down": "clocks_event_reasons.active"}


def reading():
    """A dictionary, empty where there is no nvidia-smi or no device."""
    try:
        done = subprocess.run(["nvidia-smi", f"--query-gpu={','.join(FIELDS.values())}", "--format=csv,noheader,nounits"],
                              capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    lines = done.stdout.splitlines()
    return dict(zip(FIELDS, (field.strip() for field in lines[0].split(",")))) if done.returncode == 0 and lines else {}
