// libpaidup for C#, by P/Invoke: runs on .NET and on Mono. Put this one file into your
// program. What it does not have yet is a line for each function of paidup.h.

using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;

namespace Paidup
{
    /// <summary>Why something was not done. Message is a sentence for the user.</summary>
    public sealed class LicenseException : Exception
    {
        internal LicenseException(string code, string message, string nextStep) : base(message)
        {
            Code = code;
            NextStep = nextStep;
        }

        /// <summary>The code's name, such as "NETWORK".</summary>
        public string Code { get; }

        /// <summary>The way out, as a sentence for the user.</summary>
        public string NextStep { get; }
    }

    /// <summary>What holds now.</summary>
    public sealed class Answer
    {
        internal Answer(int code, string policy, long graceEndsAt)
        {
            Code = Native.Text(Native.paidup_result_name(code));
            Meaning = Native.Text(Native.paidup_result_meaning(code));
            NextStep = Native.Text(Native.paidup_result_next_step(code));
            Usable = Native.paidup_result_usable(code) != 0;
            Policy = policy;
            GraceEndsAt = graceEndsAt == 0
                ? (DateTimeOffset?)null
                : DateTimeOffset.FromUnixTimeSeconds(graceEndsAt);
        }

        public string Code { get; }
        public string Meaning { get; }
        public string NextStep { get; }
        public bool Usable { get; }
        public string Policy { get; }
        public DateTimeOffset? GraceEndsAt { get; }
    }

    /// <summary>What an app is built with.</summary>
    public sealed class Setup
    {
        public string Issuer, Product;
        public List<string> Roots = new List<string>();
        public bool Test;
        public string StateFolder, WitnessFolder;
    }

    /// <summary>An app's license, kept fresh. Any thread may use it.</summary>
    public sealed class Client : SafeHandle
    {
        public Client(Setup setup) : base(IntPtr.Zero, true)
        {
            IntPtr native = Native.paidup_setup_new(Native.Bytes(setup.Issuer), Native.Bytes(setup.Product));
            try
            {
                foreach (string root in setup.Roots)
                    Must(Native.paidup_setup_add_root(native, Native.Bytes(root)));
                if (setup.Test)
                    Must(Native.paidup_setup_set_test_mode(native));
                if (setup.StateFolder != null)
                    Must(Native.paidup_setup_set_folders(
                        native, Native.Bytes(setup.StateFolder), Native.Bytes(setup.WitnessFolder)));
                IntPtr client, error;
                int code = Native.paidup_client_open(native, out client, out error);
                SetHandle(client);
                Check(code, error);
            }
            finally
            {
                Native.paidup_setup_free(native);
            }
        }

        public override bool IsInvalid => handle == IntPtr.Zero;

        protected override bool ReleaseHandle()
        {
            Native.paidup_client_free(handle);
            return true;
        }

        /// <summary>Whether the license is usable now and has this entitlement.</summary>
        public bool Allows(string entitlement)
        {
            return Native.paidup_client_allows(this, Native.Bytes(entitlement)) != 0;
        }

        /// <summary>What holds now. It waits for no network.</summary>
        public Answer Check()
        {
            IntPtr license;
            int code = Native.paidup_client_check(this, out license);
            try
            {
                return new Answer(
                    code,
                    Native.Text(Native.paidup_license_policy_name(license)),
                    Native.paidup_license_grace_ends_at(license));
            }
            finally
            {
                Native.paidup_license_free(license);
            }
        }

        /// <summary>Keeps the license fresh from now on, in the background.</summary>
        public void StartRefreshing()
        {
            Native.paidup_client_start_refreshing(this);
        }

        /// <summary>Activates this machine with a license key, as it was typed.</summary>
        public Answer Activate(string key)
        {
            IntPtr error;
            int code = Native.paidup_client_activate(this, Native.Bytes(key), out error);
            Check(code, error);
            return Check();
        }

        /// <summary>Gives this machine's seat back.</summary>
        public void Deactivate()
        {
            IntPtr error;
            int code = Native.paidup_client_deactivate(this, out error);
            Check(code, error);
        }

        private static void Must(int code)
        {
            if (code != 0)
                throw new ArgumentException(Native.Text(Native.paidup_result_meaning(code)));
        }

        private static void Check(int code, IntPtr error)
        {
            if (error == IntPtr.Zero)
                return;
            try
            {
                throw new LicenseException(
                    Native.Text(Native.paidup_result_name(code)),
                    Native.Text(Native.paidup_error_message(error)),
                    Native.Text(Native.paidup_error_next_step(error)));
            }
            finally
            {
                Native.paidup_error_free(error);
            }
        }
    }

    internal static class Native
    {
        // The loader finds paidup.dll, libpaidup.so or libpaidup.dylib by this.
        private const string Library = "paidup";

        internal static byte[] Bytes(string text)
        {
            return text == null ? null : Encoding.UTF8.GetBytes(text + "\0");
        }

        internal static string Text(IntPtr text)
        {
            if (text == IntPtr.Zero)
                return null;
            int length = 0;
            while (Marshal.ReadByte(text, length) != 0)
                length++;
            byte[] bytes = new byte[length];
            Marshal.Copy(text, bytes, 0, length);
            return Encoding.UTF8.GetString(bytes);
        }

        [DllImport(Library)] internal static extern IntPtr paidup_result_name(int code);
        [DllImport(Library)] internal static extern IntPtr paidup_result_meaning(int code);
        [DllImport(Library)] internal static extern IntPtr paidup_result_next_step(int code);
        [DllImport(Library)] internal static extern int paidup_result_usable(int code);
        [DllImport(Library)] internal static extern IntPtr paidup_error_message(IntPtr error);
        [DllImport(Library)] internal static extern IntPtr paidup_error_next_step(IntPtr error);
        [DllImport(Library)] internal static extern void paidup_error_free(IntPtr error);
        [DllImport(Library)] internal static extern IntPtr paidup_setup_new(byte[] issuer, byte[] product);
        [DllImport(Library)] internal static extern int paidup_setup_add_root(IntPtr setup, byte[] x);
        [DllImport(Library)] internal static extern int paidup_setup_set_test_mode(IntPtr setup);
        [DllImport(Library)] internal static extern int paidup_setup_set_folders(IntPtr setup, byte[] state, byte[] witness);
        [DllImport(Library)] internal static extern void paidup_setup_free(IntPtr setup);
        [DllImport(Library)] internal static extern int paidup_client_open(IntPtr setup, out IntPtr client, out IntPtr error);
        [DllImport(Library)] internal static extern int paidup_client_check(Client client, out IntPtr license);
        [DllImport(Library)] internal static extern int paidup_client_allows(Client client, byte[] entitlement);
        [DllImport(Library)] internal static extern int paidup_client_activate(Client client, byte[] key, out IntPtr error);
        [DllImport(Library)] internal static extern int paidup_client_deactivate(Client client, out IntPtr error);
        [DllImport(Library)] internal static extern int paidup_client_start_refreshing(Client client);
        [DllImport(Library)] internal static extern void paidup_client_free(IntPtr client);
        [DllImport(Library)] internal static extern IntPtr paidup_license_policy_name(IntPtr license);
        [DllImport(Library)] internal static extern long paidup_license_grace_ends_at(IntPtr license);
        [DllImport(Library)] internal static extern void paidup_license_free(IntPtr license);
    }
}
