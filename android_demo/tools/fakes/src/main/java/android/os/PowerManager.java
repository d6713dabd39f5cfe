package android.os;

import org.lowformer.edge.fakes.Phone;

/** Stands for Android's. */
public final class PowerManager {
    public boolean isPowerSaveMode() {
        return Phone.get().savesPower;
    }

    public int getCurrentThermalStatus() {
        return Phone.get().heat;
    }
}
