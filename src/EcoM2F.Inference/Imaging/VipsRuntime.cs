using NetVips;

namespace EcoM2F.Inference.Imaging;

/// <summary>Settings of libvips for the whole process, made once before the first image.</summary>
internal static class VipsRuntime
{
    /// <summary>Kinds of loaders, for the formats of <see cref="ImageFormat"/>; everything else stays blocked, and so is reading from files.</summary>
    private static readonly string[] Loaders = ["Jpeg", "Png", "Webp", "Nsgif", "Tiff", "Heif"];

    /// <summary>Kept in a field because native code holds on to it.</summary>
    private static readonly Log.LogDelegate Silence = static (_, _, _) => { };

    private static readonly Lazy<bool> Initialized = new(Initialize);

    /// <exception cref="DllNotFoundException">The native library is missing.</exception>
    public static void EnsureInitialized() => _ = Initialized.Value;

    private static bool Initialize()
    {
        if (!ModuleInitializer.VipsInitialized)
        {
            throw new DllNotFoundException("libvips could not be loaded.", ModuleInitializer.Exception);
        }

        // Blocking everything first means that a loader added by a later libvips is blocked too.
        NetVips.NetVips.BlockUntrusted = true;
        Operation.Block("VipsForeignLoad", true);
        foreach (var loader in Loaders)
        {
            Operation.Block($"VipsForeignLoad{loader}Source", false);
            Operation.Block($"VipsForeignLoad{loader}Buffer", false); // not used here; programs that have this library in them may
        }

        // The cache would keep decoded uploads alive; requests run in parallel, so one image needs no threads of its own.
        Cache.Max = 0;
        Cache.MaxMem = 0;
        Cache.MaxFiles = 0;
        NetVips.NetVips.Concurrency = 1;

        // Damaged uploads are answered, not printed: anyone could fill the log otherwise.
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning | Enums.LogLevelFlags.Info, Silence);
        Log.SetLogHandler("GLib-GObject", Enums.LogLevelFlags.Critical | Enums.LogLevelFlags.Warning, Silence); // an AVIF that says it is a billion pixels wide
        return true;
    }
}
